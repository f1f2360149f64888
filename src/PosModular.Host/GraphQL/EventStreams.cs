using GraphQL;
using PosModular.Host.Auth;

namespace PosModular.Host.GraphQL;

/// <summary>
/// Operations over server-sent events. The stream ends with <c>complete</c> when the operation does; when the host goes
/// down it just ends, which makes clients connect again; when the token expires it says so first.
/// </summary>
internal sealed class EventStreams(Operations operations, ResultJson json, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    public async Task Run(HttpContext context, PreparedOperation operation, TokenVerdict caller)
    {
        using var expiry = new CancellationTokenSource();
        await using var alarm = caller.WhenExpired(clock, expiry.Cancel);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping, expiry.Token);
        await using var stream = await EventStream.Open(context.Response, json, clock);

        try
        {
            await operations.Run(operation, caller.User!, stream, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            if (expiry.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
                await stream.Fail([ErrorCodes.UnauthenticatedError("The token has expired. Get a new one and connect again.")]);
        }
    }

    /// <summary>A refusal must come through the stream too: a browser's EventSource shows nothing of any other answer.</summary>
    public async Task Fail(HttpContext context, ExecutionError error)
    {
        await using var stream = await EventStream.Open(context.Response, json, clock);
        await stream.Fail([error]);
    }
}
