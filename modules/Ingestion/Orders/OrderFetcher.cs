using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Orders;

/// <summary>Fetches the orders that sales want for their tax, discount and service charge, up to a hundred in a call, and writes them as everything
/// else is written: one commit, which also strikes them out of the queue. Nothing is held while the provider is asked. Tills that are not
/// connected are never asked.</summary>
internal sealed partial class OrderFetcher(
    IServiceProvider services,
    OrderFetchQueue queue,
    Func<BatchWriter> writers,
    OrderFetchSignal signal,
    IClock clock,
    TimeProvider time,
    ILogger<OrderFetcher> log
) : BackgroundService
{
    private const int MaxOrdersPerCommit = 200;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SignalDebounce = TimeSpan.FromMilliseconds(500);
    private static readonly Duration FirstRetryDelay = Duration.FromSeconds(5);
    private static readonly Duration MaxRetryDelay = Duration.FromMinutes(5);

    private readonly Dictionary<Guid, int> _consecutiveFaults = [];
    private readonly SemaphoreSlim _fetchLock = new(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var more = false;
            try
            {
                more = await FetchDueAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                LogFetchFailed(log, e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (more)
                continue;
            await time.DelayAsync(SignalDebounce, stoppingToken); // a busy night rings at every commit, and what comes together costs one call and one commit
            await signal.WaitAsync(PollInterval, time, stoppingToken);
        }
    }

    /// <summary>Asks for all that is due, up to a call's worth of each till; says whether there may be more.</summary>
    public async Task<bool> FetchDueAsync(CancellationToken cancellationToken)
    {
        if (services.GetService<IPosConnections>() is not { } connections)
            return false;
        await _fetchLock.WaitAsync(cancellationToken);
        try
        {
            var connected = (await connections.ListConnectedAsync(cancellationToken)).ToDictionary(
                t => t.Details.ConnectionId,
                t => t.Details
            );
            if (connected.Count == 0)
                return false;
            var claimed = await queue.ClaimAsync(connected.Values, clock.Now(), cancellationToken);
            if (claimed.Count == 0)
                return false;
            await using var writer = writers();
            // What has come in of several tills is written together, so that their feeds are locked once for all of it, but not so much that webhooks
            // wait for it. What a slow till has not brought yet keeps back nothing that is there; the next round waits for it.
            var pending = claimed
                .GroupBy(f => f.ConnectionId)
                .Select(own => FetchAsync(connections, connected[own.Key], [.. own], cancellationToken))
                .ToList();
            while (pending.Count > 0)
            {
                await Task.WhenAny(pending).WaitAsync(cancellationToken);
                var results = new List<FetchResult>();
                foreach (var completed in pending.Where(a => a.IsCompleted).ToArray())
                {
                    if (results.Sum(a => a.Fetches.Length) >= MaxOrdersPerCommit)
                        break;
                    pending.Remove(completed);
                    if (await completed is { } answer)
                        results.Add(answer);
                }
                await WriteResultsAsync(writer, results, cancellationToken);
            }
            return claimed.CountBy(f => f.ConnectionId).Any(c => c.Value == OrderFetchQueue.MaxOrdersPerCall);
        }
        finally
        {
            _fetchLock.Release();
        }
    }

    // Null when it broke: the lease runs out, and they come again.
    private async Task<FetchResult?> FetchAsync(
        IPosConnections connections,
        PosConnectionDetails connection,
        LeasedOrderFetch[] fetches,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return new(
                connection,
                fetches,
                await connections.FetchOrdersAsync(connection.ConnectionId, [.. fetches.Select(f => f.OrderId)], cancellationToken)
            );
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogFetchFailed(log, e.Message);
            return null;
        }
    }

    private async Task WriteResultsAsync(BatchWriter writer, IReadOnlyList<FetchResult> results, CancellationToken cancellationToken)
    {
        foreach (var failed in results.Where(a => a.Orders.Value is null))
            await PostponeAsync(failed, cancellationToken);
        FetchResult[] succeeded = [.. results.Where(a => a.Orders.Value is not null)];
        foreach (var answer in succeeded)
            _consecutiveFaults.Remove(answer.Connection.ConnectionId);
        try
        {
            if (succeeded.Length > 0)
                await WriteAsync(writer, succeeded, cancellationToken);
        }
        catch (Exception e)
            when (succeeded.Length > 1 && (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested))
        {
            // One of them is at fault, or its feed is held by somebody: the others must not wait for it.
            foreach (var answer in succeeded)
                await WriteResultsAsync(writer, [answer], cancellationToken);
        }
        catch (Exception e) when (e.IsDataError() || e.IsIntegrityViolation())
        {
            await WriteOneByOneAsync(writer, succeeded[0], cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogFetchFailed(log, e.Message); // the lease runs out, and they come again
        }
    }

    private async Task PostponeAsync(FetchResult result, CancellationToken cancellationToken)
    {
        var (connection, fault) = (result.Connection.ConnectionId, result.Orders.Fault);
        var faults = _consecutiveFaults[connection] = _consecutiveFaults.GetValueOrDefault(connection) + 1;
        LogProviderFault(log, connection, fault?.Error.Message ?? "no answer");
        await queue.PostponeAsync(
            result.Fetches,
            clock.Now() + (fault?.RetryAfter ?? Duration.Min(MaxRetryDelay, FirstRetryDelay * Math.Pow(2, Math.Min(faults, 10) - 1))),
            cancellationToken
        );
    }

    // One of them cannot be saved: the others must not wait for it, and it is given up in the end, also when it is alone.
    private async Task WriteOneByOneAsync(BatchWriter writer, FetchResult result, CancellationToken cancellationToken)
    {
        foreach (var fetch in result.Fetches)
        {
            var single = result with
            {
                Fetches = [fetch],
                Orders = FetchedOrders([.. result.Orders.Value!.Where(o => o.ExternalId == fetch.OrderId)]),
            };
            try
            {
                await WriteAsync(writer, [single], cancellationToken);
            }
            catch (Exception fault) when (fault.IsDataError() || fault.IsIntegrityViolation())
            {
                await WriteAsync(writer, [single with { Orders = FetchedOrders([]) }], cancellationToken);
            }
        }
    }

    private static ProviderResult<IReadOnlyList<PosOrder>> FetchedOrders(PosOrder[] orders) =>
        ProviderResult.Success<IReadOnlyList<PosOrder>>(orders);

    private async Task WriteAsync(BatchWriter writer, IReadOnlyList<FetchResult> results, CancellationToken cancellationToken)
    {
        LeasedOrderFetch[] missing = [];
        BatchItem[] items =
        [
            .. results.Select(a => BatchItem.Of(a.Connection, new PosObservations { Orders = a.Orders.Value! }, VersionCause.Order, null)),
        ];
        await writer.WriteAsync(items, cancellationToken, async (connection, written, token) =>
        {
            missing = [.. results.SelectMany(a => a.MissingFetches(written.StaleOrders))];
            await OrderFetchQueue.CompleteAsync(
                connection,
                [.. results.SelectMany(a => a.Fetches).Except(missing)],
                missing,
                clock.Now(),
                token
            );
        });
        foreach (var fetch in missing.Where(f => OrderFetchQueue.RetryDelayAfter(f.Attempts) is null))
            LogGivenUp(log, fetch.OrderId, fetch.ConnectionId);
    }

    [LoggerMessage(LogLevel.Warning, "Orders could not be fetched or written yet, and are tried again: {Reason}")]
    private static partial void LogFetchFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "The provider of connection {Connection} gave no orders, and is asked again later: {Reason}")]
    private static partial void LogProviderFault(ILogger log, Guid connection, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "Order {Order} of connection {Connection} was not known to its provider for three days: tax and discount of its sales stay unknown"
    )]
    private static partial void LogGivenUp(ILogger log, string order, Guid connection);

    /// <summary>What a till's provider said of the orders it was asked for.</summary>
    private sealed record FetchResult(
        PosConnectionDetails Connection,
        LeasedOrderFetch[] Fetches,
        ProviderResult<IReadOnlyList<PosOrder>> Orders
    )
    {
        /// <summary>What it did not give, and what it gave from before what we know already, which is no answer.</summary>
        public IEnumerable<LeasedOrderFetch> MissingFetches(IReadOnlySet<OrderKey> stale)
        {
            var given = Orders.Value!.Select(o => o.ExternalId).ToHashSet();
            return Fetches.Where(f =>
                !given.Contains(f.OrderId) || stale.Contains(new OrderKey(Connection.VenueId, Connection.Provider, f.OrderId))
            );
        }
    }
}
