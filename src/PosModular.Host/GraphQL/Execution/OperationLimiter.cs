using System.Security.Claims;
using System.Threading.RateLimiting;
using GraphQL;
using PosModular.Host.GraphQL.Errors;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Bounds how many operations run at once, of one user and in total, so that queries leave processor time and connections of the
/// database to webhooks, which take no place here. Further operations wait in the order of their arrival, those of a user behind each
/// other; where too many wait, or one waits too long, it is refused. An operation has its place while it is parsed, validated and
/// executed, not while its response is sent or while a subscription waits for events.
/// </summary>
internal sealed class OperationLimiter(TimeProvider time) : IAsyncDisposable
{
    private readonly PartitionedRateLimiter<ClaimsPrincipal> _limiter = PartitionedRateLimiter.CreateChained(
        PartitionedRateLimiter.Create<ClaimsPrincipal, string>(user =>
            RateLimitPartition.GetConcurrencyLimiter(user.FindFirst("sub")?.Value ?? "", _ =>
                OptionsFor(Limits.MaxRunningOperationsPerUser, Limits.MaxWaitingOperationsPerUser)
            )
        ),
        PartitionedRateLimiter.Create<ClaimsPrincipal, string>(_ =>
            RateLimitPartition.GetConcurrencyLimiter("", _ => OptionsFor(Limits.MaxRunningOperations, Limits.MaxWaitingOperations))
        )
    );

    /// <summary>Waits for a place. Dispose the result to give it back.</summary>
    /// <exception cref="ExecutionError">UNAVAILABLE: too many operations wait, or this one waited too long.</exception>
    public async ValueTask<IDisposable> EnterAsync(ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        var lease = _limiter.AttemptAcquire(user);
        if (!lease.IsAcquired)
            lease = await WaitAsync(user, cancellationToken);
        return lease.IsAcquired ? lease : throw TooBusy();
    }

    private async ValueTask<RateLimitLease> WaitAsync(ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Limits.MaxOperationWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await _limiter.AcquireAsync(user, 1, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TooBusy();
        }
    }

    private static ExecutionError TooBusy() =>
        new("Too many operations are running or waiting. Try again in a few seconds.") { Code = ErrorCodes.Unavailable };

    private static ConcurrencyLimiterOptions OptionsFor(int running, int waiting) =>
        new()
        {
            PermitLimit = running,
            QueueLimit = waiting,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        };

    public ValueTask DisposeAsync() => _limiter.DisposeAsync();
}
