using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using PosModular.Kernel;
using PosModular.Kernel.Data;

namespace Ingestion.Orders;

/// <summary>Fetches the orders that sales want for their tax, discount and service charge, up to a hundred in a call, and writes them as everything
/// else is written: one commit, which also strikes them out of the queue. Nothing is held while the provider is asked. Tills that are not
/// connected are never asked.</summary>
internal sealed partial class OrderFetcher(
    IServiceProvider services, OrderQueue queue, Func<BatchWriter> writers, OrderBell bell, IClock clock, TimeProvider time, ILogger<OrderFetcher> log) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);
    private static readonly Duration FirstPause = Duration.FromSeconds(5);
    private static readonly Duration LongestPause = Duration.FromMinutes(5);

    private readonly Dictionary<Guid, int> _faults = [];
    private readonly SemaphoreSlim _one = new(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var fetched = 0;
            try
            {
                fetched = await FetchDueAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                Stumbled(log, e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (fetched > 0)
                continue;
            await time.WaitAsync(Breath, stoppingToken); // a busy night rings at every commit
            await bell.WaitAsync(Poll, time, stoppingToken);
        }
    }

    /// <summary>Asks for all that is due, up to a call's worth of each till; says for how many orders it has asked.</summary>
    public async Task<int> FetchDueAsync(CancellationToken ct)
    {
        if (services.GetService<ITills>() is not { } tills)
            return 0;
        await _one.WaitAsync(ct);
        try
        {
            var connected = (await tills.ConnectedAsync(ct)).ToDictionary(t => t.Till.ConnectionId, t => t.Till);
            if (connected.Count == 0)
                return 0;
            var taken = await queue.TakeAsync(connected.Values, clock.Now(), ct);
            if (taken.Count == 0)
                return 0;
            await using var writer = writers();
            // Each till's answer is written as it comes: a slow one keeps nobody waiting but itself.
            var asked = taken.GroupBy(f => f.ConnectionId).Select(own => AskAsync(tills, connected[own.Key], [.. own], ct)).ToArray();
            await foreach (var answer in Task.WhenEach(asked).WithCancellation(ct))
            {
                var (till, fetches, orders) = await answer;
                try
                {
                    await SettleAsync(writer, till, fetches, orders, ct);
                }
                catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
                {
                    Stumbled(log, e.Message); // the lease runs out, and they come again
                }
            }
            return taken.Count;
        }
        finally
        {
            _one.Release();
        }
    }

    private static async Task<(Till, OrderFetch[], Fetched<IReadOnlyList<PosOrder>>)> AskAsync(ITills tills, Till till, OrderFetch[] fetches, CancellationToken ct) =>
        (till, fetches, await tills.FetchOrdersAsync(till.ConnectionId, [.. fetches.Select(f => f.OrderId)], ct));

    private async Task SettleAsync(BatchWriter writer, Till till, OrderFetch[] fetches, Fetched<IReadOnlyList<PosOrder>> answer, CancellationToken ct)
    {
        if (answer.Value is not { } orders)
        {
            var faults = _faults[till.ConnectionId] = _faults.GetValueOrDefault(till.ConnectionId) + 1;
            var pause = answer.Fault?.RetryAfter ?? Duration.Min(LongestPause, FirstPause * Math.Pow(2, Math.Min(faults, 10) - 1));
            Refused(log, till.ConnectionId, answer.Fault?.Error.Message ?? "no answer");
            await queue.PutBackAsync(fetches, clock.Now() + pause, ct);
            return;
        }
        _faults.Remove(till.ConnectionId);
        try
        {
            await WriteAsync(writer, till, fetches, orders, ct);
        }
        catch (Exception e) when (e.IsTheRowsFault() || e.IsIntegrityViolation())
        {
            // One of them cannot be saved: the others must not wait for it, and it is given up in the end, also when it is alone.
            foreach (var fetch in fetches)
            {
                try
                {
                    await WriteAsync(writer, till, [fetch], [.. orders.Where(o => o.ExternalId == fetch.OrderId)], ct);
                }
                catch (Exception fault) when (fault.IsTheRowsFault() || fault.IsIntegrityViolation())
                {
                    await WriteAsync(writer, till, [fetch], [], ct);
                }
            }
        }
    }

    private async Task WriteAsync(BatchWriter writer, Till till, IReadOnlyList<OrderFetch> fetches, IReadOnlyList<PosOrder> orders, CancellationToken ct)
    {
        var given = orders.Select(o => o.ExternalId).ToHashSet();
        OrderFetch[] missing = [];
        await writer.WriteAsync([Intake.Of(till, new PosFacts { Orders = orders }, Cause.Order, null)], ct, async (connection, written, token) =>
        {
            // An answer from before what we know already is no answer.
            missing = [.. fetches.Where(f => !given.Contains(f.OrderId) || written.StaleOrders.Contains(new OrderKey(till.VenueId, till.Provider, f.OrderId)))];
            await OrderQueue.SettleAsync(connection, [.. fetches.Except(missing)], missing, clock.Now(), token);
        });
        foreach (var fetch in missing.Where(f => OrderQueue.PauseAfter(f.Attempts) is null))
            GivenUp(log, fetch.OrderId, fetch.ConnectionId);
    }

    [LoggerMessage(LogLevel.Warning, "Orders could not be fetched or written yet, and are tried again: {Reason}")]
    private static partial void Stumbled(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "The provider of connection {Connection} gave no orders, and is asked again later: {Reason}")]
    private static partial void Refused(ILogger log, Guid connection, string reason);

    [LoggerMessage(LogLevel.Warning, "Order {Order} of connection {Connection} was not known to its provider for three days: tax and discount of its sales stay unknown")]
    private static partial void GivenUp(ILogger log, string order, Guid connection);
}
