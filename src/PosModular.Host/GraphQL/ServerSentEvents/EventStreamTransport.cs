using GraphQL;
using PosModular.Host.Auth;
using PosModular.Host.GraphQL.Errors;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.ServerSentEvents;

/// <summary>
/// Operations over server-sent events. The stream ends with <c>complete</c> when the operation does; when the host goes
/// down it just ends, which makes clients connect again; when the token expires it says so first.
/// </summary>
internal sealed class EventStreamTransport(
    OperationRunner operations,
    ResultSerializer serializer,
    TimeProvider time,
    IHostApplicationLifetime lifetime
)
{
    public async Task RunAsync(HttpContext context, PreparedOperation operation, BearerTokenResult caller)
    {
        using var expiry = new CancellationTokenSource();
        await using var expiryTimer = caller.RunAtExpiry(time, expiry.Cancel);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted,
            lifetime.ApplicationStopping,
            expiry.Token
        );
        await using var stream = await EventStream.OpenAsync(context.Response, serializer, time);

        try
        {
            await operations.RunAsync(operation, caller.User!, stream, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            if (expiry.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
                await stream.FailAsync([ErrorCodes.UnauthenticatedError("The token has expired. Get a new one and connect again.")]);
        }
    }

    /// <summary>A refusal must come through the stream too: a browser's EventSource shows nothing of any other answer.</summary>
    public async Task FailAsync(HttpContext context, ExecutionError error)
    {
        await using var stream = await EventStream.OpenAsync(context.Response, serializer, time);
        await stream.FailAsync([error]);
    }
}
