using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using PosModular.Kernel.Time;

namespace Ingestion.Orders;

/// <summary>Fetches the orders that payments need for their tax, discount and service charge, up to a hundred in one call. The orders of
/// several connections are written together, and the commit that writes them also takes them off the queue. No lock is held during a call
/// to a provider. Connections that are not connected are never asked.</summary>
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
    private const int MaxOrdersPerCommit = 64;
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
            // Every commit of a busy venue sets the signal. Orders that become due within this delay share one call and one commit.
            await time.DelayAsync(SignalDebounce, stoppingToken);
            await signal.WaitAsync(PollInterval, time, stoppingToken);
        }
    }

    /// <summary>Fetches the orders that are due, up to one call for each connection. Returns whether more may be due.</summary>
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
            // Results that are there at the same time are written together, so that each feed is locked once. The commit is kept small,
            // because webhooks wait for it. A slow provider delays nobody else's results.
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

    // Returns null when the call broke. The leases run out then, and the orders become due again.
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
        foreach (var (connection, fetches, orders) in results.Where(r => r.Orders.Value is null))
        {
            LogProviderFault(log, connection.ConnectionId, orders.Fault?.Error.Message ?? "it did not answer");
            await PostponeAsync(connection.ConnectionId, fetches, orders.Fault?.RetryAfter, cancellationToken);
        }
        FetchedOrder[] fetched = [.. results.Where(r => r.Orders.Value is not null).SelectMany(r => r.Split())];
        var refused = new List<WriteOutcome<FetchedOrder>>();
        var outcomes = IsolatingWriter.WriteAsync(
            fetched,
            o => o.Connection.VenueId,
            part => WriteAsync(writer, part, cancellationToken),
            cancellationToken
        );
        await foreach (var outcome in outcomes)
        {
            if (outcome.Status == WriteStatus.Stored)
                _consecutiveFaults.Remove(outcome.Item.Connection.ConnectionId);
            else if (outcome.Status == WriteStatus.Rejected) // it counts as missing, so that it is given up in the end
                await WriteAsync(writer, [outcome.Item with { Order = null }], cancellationToken);
            else if (outcome.IsRefused)
                refused.Add(outcome);
            else
                LogFetchFailed(log, outcome.Reason); // the lease runs out, and the order becomes due again
        }
        foreach (var group in refused.GroupBy(o => o.Item.Fetch.ConnectionId))
        {
            LogRefused(log, group.Key, group.First().Reason);
            await PostponeAsync(group.Key, [.. group.Select(o => o.Item.Fetch)], null, cancellationToken);
        }
    }

    private async Task PostponeAsync(
        Guid connectionId,
        IReadOnlyList<LeasedOrderFetch> fetches,
        Duration? retryAfter,
        CancellationToken cancellationToken
    )
    {
        var faults = _consecutiveFaults[connectionId] = _consecutiveFaults.GetValueOrDefault(connectionId) + 1;
        var delay = retryAfter ?? Duration.Min(MaxRetryDelay, FirstRetryDelay * Math.Pow(2, Math.Min(faults, 10) - 1));
        await queue.PostponeAsync(fetches, clock.Now() + delay, cancellationToken);
    }

    private async Task<BatchResult> WriteAsync(BatchWriter writer, IReadOnlyList<FetchedOrder> fetched, CancellationToken cancellationToken)
    {
        LeasedOrderFetch[] missing = [];
        BatchItem[] items =
        [
            .. fetched
                .Where(f => f.Order is not null)
                .Select(f => BatchItem.Of(f.Connection, new PosObservations { Orders = [f.Order!] }, VersionCause.Order, null)),
        ];
        var written = await writer.WriteAsync(items, cancellationToken, async (connection, result, token) =>
        {
            // An order in an older state than the stored one is as good as none.
            missing = [.. fetched.Where(f => f.Order is null || result.StaleOrders.Contains(f.Key)).Select(f => f.Fetch)];
            await OrderFetchQueue.CompleteAsync(connection, [.. fetched.Select(f => f.Fetch).Except(missing)], missing, clock.Now(), token);
        });
        foreach (var fetch in missing.Where(f => OrderFetchQueue.RetryDelayAfter(f.Attempts) is null))
            LogGivenUp(log, fetch.OrderId, fetch.ConnectionId);
        return written;
    }

    [LoggerMessage(LogLevel.Warning, "Orders could not be fetched or stored; they are fetched again within a minute: {Reason}")]
    private static partial void LogFetchFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "The provider of connection {Connection} returned no orders and is asked again later: {Reason}")]
    private static partial void LogProviderFault(ILogger log, Guid connection, string reason);

    [LoggerMessage(
        LogLevel.Error,
        "The database refused every order of connection {Connection}, so its tables may have changed. "
            + "The orders are fetched again later: {Reason}"
    )]
    private static partial void LogRefused(ILogger log, Guid connection, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "Order {Order} of connection {Connection} is given up after three days without a usable result. Its tax and discount stay unknown"
    )]
    private static partial void LogGivenUp(ILogger log, string order, Guid connection);

    /// <summary>What a provider returned for the orders that it was asked for.</summary>
    private sealed record FetchResult(
        PosConnectionDetails Connection,
        LeasedOrderFetch[] Fetches,
        ProviderResult<IReadOnlyList<PosOrder>> Orders
    )
    {
        public IEnumerable<FetchedOrder> Split()
        {
            var orders = Orders.Value!.DistinctBy(o => o.ExternalId).ToDictionary(o => o.ExternalId);
            return Fetches.Select(f => new FetchedOrder(Connection, f, orders.GetValueOrDefault(f.OrderId)));
        }
    }

    /// <summary>One order that was asked for; null when the provider did not return it.</summary>
    private sealed record FetchedOrder(PosConnectionDetails Connection, LeasedOrderFetch Fetch, PosOrder? Order)
    {
        public OrderKey Key => new(Connection.VenueId, Connection.Provider, Fetch.OrderId);
    }
}
