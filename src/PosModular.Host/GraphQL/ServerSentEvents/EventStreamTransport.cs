using GraphQL;
using PosModular.Host.Auth;
using PosModular.Host.GraphQL.Errors;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.ServerSentEvents;

/// <summary>
/// Runs operations over server-sent events. The stream ends with <c>complete</c> when the operation ends, with an error when the token
/// expires, and without either when the host stops, which makes clients reconnect.
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

    /// <summary>Errors are sent through a stream too, because a browser's EventSource does not expose any other response.</summary>
    public async Task FailAsync(HttpContext context, ExecutionError error)
    {
        await using var stream = await EventStream.OpenAsync(context.Response, serializer, time);
        await stream.FailAsync([error]);
    }
}
