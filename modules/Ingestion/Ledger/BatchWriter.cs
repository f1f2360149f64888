using Ingestion.Contracts;
using Ingestion.Orders;
using Ingestion.Webhooks;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Ingestion.Ledger;

/// <summary>Writes a batch of anything that tells of payments, refunds and orders in one commit under the feed locks of its venues: raw events,
/// transactions, versions (the feed), refunds, orders to fetch. Two round trips. Not for two callers at once: each has its own
/// (<c>Func&lt;BatchWriter&gt;</c>).</summary>
internal sealed class BatchWriter(
    NpgsqlDataSource database,
    FeedSignal signal,
    IClock clock,
    QueryPlanRefresh planRefresh,
    OrderFetchSignal orderSignal
) : IAsyncDisposable
{
    private readonly HashSet<string> _venuesWithHead = [];
    private LedgerSession? _session;

    /// <summary>When it returns, everything is durable. When it throws, nothing is in, unless the commit's answer was lost: the same again is
    /// then told apart by the stored events and the versions.</summary>
    /// <param name="batch">May be empty.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="writeAlongside">What is to be written in the same commit, knowing what the batch came to; it runs under the feed locks, once more
    /// for each attempt.</param>
    public async Task<BatchResult> WriteAsync(
        IReadOnlyList<BatchItem> batch,
        CancellationToken cancellationToken,
        Func<NpgsqlConnection, BatchResult, CancellationToken, Task>? writeAlongside = null
    )
    {
        try
        {
            var changes = await TryWriteAsync(batch, writeAlongside, cancellationToken);
            if (changes.Versions.Count > 0)
                signal.Raise(TransactionsChanged.Feed, changes.Versions.Select(v => v.State.Key.VenueId).ToHashSet());
            if (changes.OrderFetches.Count > 0)
                orderSignal.Set();
            planRefresh.AddRows(changes.Inserted.Count);
            return changes.Counts;
        }
        catch
        {
            var broken = _session;
            _session = null;
            _venuesWithHead.Clear();
            if (broken is not null)
                await broken.DisposeAsync();
            throw;
        }
    }

    private async Task<LedgerChanges> TryWriteAsync(
        IReadOnlyList<BatchItem> batch,
        Func<NpgsqlConnection, BatchResult, CancellationToken, Task>? writeAlongside,
        CancellationToken cancellationToken
    )
    {
        var session = _session ??= await LedgerSession.OpenAsync(database, cancellationToken);
        var venues = batch.Select(i => i.VenueId).Where(v => v != WebhookEventRow.UnroutedVenueId).Distinct().ToArray();
        if (!_venuesWithHead.IsSupersetOf(venues))
        {
            await session.CreateHeadsAsync(venues, cancellationToken);
            _venuesWithHead.UnionWith(venues);
        }
        // One row an event, however often it was sent at once. A provider may give one id to events of different types.
        var events = batch
            .Select(i => i.Event)
            .OfType<WebhookEventRow>()
            .DistinctBy(e => (e.VenueId, e.ConnectionId, e.EventId, e.Type))
            .ToArray();
        var refunds = batch.SelectMany(i => i.Refunds).ToArray();
        var read = await session.ReadAsync(
            venues,
            events,
            [
                .. batch
                    .SelectMany(i => i.Payments)
                    .Select(s => s.Key)
                    .Concat(
                        refunds
                            .Where(r => r.Refund.PaymentId is not null)
                            .Select(r => new PaymentKey(r.Key.VenueId, r.Key.Provider, r.Refund.PaymentId!))
                    )
                    .Distinct(),
            ],
            [
                .. batch
                    .SelectMany(i => i.Payments)
                    .Where(s => s.CardToken is not null)
                    .Select(s => (s.Key.VenueId, s.CardToken!))
                    .Distinct(),
            ],
            [.. refunds.Select(r => r.Key).Distinct()],
            [.. batch.SelectMany(i => i.Orders.Select(o => o.Key).Concat(i.ChangedOrders.Select(o => o.Key))).Distinct()],
            cancellationToken
        );
        if (read.Heads.Count != venues.Length)
            throw new InvalidOperationException("A feed head is gone: the database was changed under us.");

        var now = clock.Now();
        var snapshot = new LedgerSnapshot(read.Transactions, read.Refunds, read.Heads, (venue, card) =>
            read.CardOwners.GetValueOrDefault((venue, card))
        );
        var changes = LedgerMerge.Apply(snapshot, [.. batch.Where(i => i.Event is null || read.NewEvents.Contains(i.Event.Id))], now);
        await session.WriteAsync(
            changes,
            now,
            writeAlongside is null ? null : (connection, token) => writeAlongside(connection, changes.Counts, token),
            cancellationToken
        );
        return changes;
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
            await _session.DisposeAsync();
    }
}
