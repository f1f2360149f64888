using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts;
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
    OrderQueue queue,
    Func<BatchWriter> writers,
    OrderBell bell,
    IClock clock,
    TimeProvider time,
    ILogger<OrderFetcher> log
) : BackgroundService
{
    private const int MostInOneCommit = 200;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(500);
    private static readonly Duration FirstPause = Duration.FromSeconds(5);
    private static readonly Duration LongestPause = Duration.FromMinutes(5);

    private readonly Dictionary<Guid, int> _faults = [];
    private readonly SemaphoreSlim _one = new(1);

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
                Stumbled(log, e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (more)
                continue;
            await time.DelayAsync(Breath, stoppingToken); // a busy night rings at every commit, and what comes together costs one call and one commit
            await bell.WaitAsync(Poll, time, stoppingToken);
        }
    }

    /// <summary>Asks for all that is due, up to a call's worth of each till; says whether there may be more.</summary>
    public async Task<bool> FetchDueAsync(CancellationToken cancellationToken)
    {
        if (services.GetService<ITills>() is not { } tills)
            return false;
        await _one.WaitAsync(cancellationToken);
        try
        {
            var connected = (await tills.ConnectedAsync(cancellationToken)).ToDictionary(t => t.Till.ConnectionId, t => t.Till);
            if (connected.Count == 0)
                return false;
            var taken = await queue.TakeAsync(connected.Values, clock.Now(), cancellationToken);
            if (taken.Count == 0)
                return false;
            await using var writer = writers();
            // What has come in of several tills is written together, so that their feeds are locked once for all of it, but not so much that webhooks
            // wait for it. What a slow till has not brought yet keeps back nothing that is there; the next round waits for it.
            var asked = taken
                .GroupBy(f => f.ConnectionId)
                .Select(own => AskAsync(tills, connected[own.Key], [.. own], cancellationToken))
                .ToList();
            while (asked.Count > 0)
            {
                await Task.WhenAny(asked).WaitAsync(cancellationToken);
                var answers = new List<Answer>();
                foreach (var answered in asked.Where(a => a.IsCompleted).ToArray())
                {
                    if (answers.Sum(a => a.Fetches.Length) >= MostInOneCommit)
                        break;
                    asked.Remove(answered);
                    if (await answered is { } answer)
                        answers.Add(answer);
                }
                await SettleAsync(writer, answers, cancellationToken);
            }
            return taken.CountBy(f => f.ConnectionId).Any(c => c.Value == OrderQueue.MostInOneCall);
        }
        finally
        {
            _one.Release();
        }
    }

    // Null when it broke: the lease runs out, and they come again.
    private async Task<Answer?> AskAsync(ITills tills, Till till, OrderFetch[] fetches, CancellationToken cancellationToken)
    {
        try
        {
            return new(
                till,
                fetches,
                await tills.FetchOrdersAsync(till.ConnectionId, [.. fetches.Select(f => f.OrderId)], cancellationToken)
            );
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Stumbled(log, e.Message);
            return null;
        }
    }

    private async Task SettleAsync(BatchWriter writer, IReadOnlyList<Answer> answers, CancellationToken cancellationToken)
    {
        foreach (var refused in answers.Where(a => a.Orders.Value is null))
            await PutBackAsync(refused, cancellationToken);
        Answer[] given = [.. answers.Where(a => a.Orders.Value is not null)];
        foreach (var answer in given)
            _faults.Remove(answer.Till.ConnectionId);
        try
        {
            if (given.Length > 0)
                await WriteAsync(writer, given, cancellationToken);
        }
        catch (Exception e) when (given.Length > 1 && (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested))
        {
            // One of them is at fault, or its feed is held by somebody: the others must not wait for it.
            foreach (var answer in given)
                await SettleAsync(writer, [answer], cancellationToken);
        }
        catch (Exception e) when (e.IsDataError() || e.IsIntegrityViolation())
        {
            await WriteEachAsync(writer, given[0], cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Stumbled(log, e.Message); // the lease runs out, and they come again
        }
    }

    private async Task PutBackAsync(Answer answer, CancellationToken cancellationToken)
    {
        var (connection, fault) = (answer.Till.ConnectionId, answer.Orders.Fault);
        var faults = _faults[connection] = _faults.GetValueOrDefault(connection) + 1;
        Refused(log, connection, fault?.Error.Message ?? "no answer");
        await queue.PutBackAsync(
            answer.Fetches,
            clock.Now() + (fault?.RetryAfter ?? Duration.Min(LongestPause, FirstPause * Math.Pow(2, Math.Min(faults, 10) - 1))),
            cancellationToken
        );
    }

    // One of them cannot be saved: the others must not wait for it, and it is given up in the end, also when it is alone.
    private async Task WriteEachAsync(BatchWriter writer, Answer answer, CancellationToken cancellationToken)
    {
        foreach (var fetch in answer.Fetches)
        {
            var alone = answer with
            {
                Fetches = [fetch],
                Orders = Given([.. answer.Orders.Value!.Where(o => o.ExternalId == fetch.OrderId)]),
            };
            try
            {
                await WriteAsync(writer, [alone], cancellationToken);
            }
            catch (Exception fault) when (fault.IsDataError() || fault.IsIntegrityViolation())
            {
                await WriteAsync(writer, [alone with { Orders = Given([]) }], cancellationToken);
            }
        }
    }

    private static Fetched<IReadOnlyList<PosOrder>> Given(PosOrder[] orders) => Fetched.Of<IReadOnlyList<PosOrder>>(orders);

    private async Task WriteAsync(BatchWriter writer, IReadOnlyList<Answer> answers, CancellationToken cancellationToken)
    {
        OrderFetch[] missing = [];
        Intake[] told = [.. answers.Select(a => Intake.Of(a.Till, new PosFacts { Orders = a.Orders.Value! }, Cause.Order, null))];
        await writer.WriteAsync(told, cancellationToken, async (connection, written, token) =>
        {
            missing = [.. answers.SelectMany(a => a.Missing(written.StaleOrders))];
            await OrderQueue.SettleAsync(connection, [.. answers.SelectMany(a => a.Fetches).Except(missing)], missing, clock.Now(), token);
        });
        foreach (var fetch in missing.Where(f => OrderQueue.PauseAfter(f.Attempts) is null))
            GivenUp(log, fetch.OrderId, fetch.ConnectionId);
    }

    [LoggerMessage(LogLevel.Warning, "Orders could not be fetched or written yet, and are tried again: {Reason}")]
    private static partial void Stumbled(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "The provider of connection {Connection} gave no orders, and is asked again later: {Reason}")]
    private static partial void Refused(ILogger log, Guid connection, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "Order {Order} of connection {Connection} was not known to its provider for three days: tax and discount of its sales stay unknown"
    )]
    private static partial void GivenUp(ILogger log, string order, Guid connection);

    /// <summary>What a till's provider said of the orders it was asked for.</summary>
    private sealed record Answer(Till Till, OrderFetch[] Fetches, Fetched<IReadOnlyList<PosOrder>> Orders)
    {
        /// <summary>What it did not give, and what it gave from before what we know already, which is no answer.</summary>
        public IEnumerable<OrderFetch> Missing(IReadOnlySet<OrderKey> stale)
        {
            var given = Orders.Value!.Select(o => o.ExternalId).ToHashSet();
            return Fetches.Where(f => !given.Contains(f.OrderId) || stale.Contains(new OrderKey(Till.VenueId, Till.Provider, f.OrderId)));
        }
    }
}
