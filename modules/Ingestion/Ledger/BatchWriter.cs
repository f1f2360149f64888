using Ingestion.Contracts;
using Ingestion.Orders;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Ingestion.Ledger;

/// <summary>Writes a batch of observed payments, refunds and orders in one commit of two round trips, under the feed locks of its venues:
/// raw events, transactions, versions (the feed), refunds and requests for orders. A writer serves one caller at a time; each caller
/// makes its own (<c>Func&lt;BatchWriter&gt;</c>).</summary>
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

    /// <summary>Everything is durable when this returns. Nothing is written when it throws, unless only the answer to the commit was
    /// lost; writing the same batch again is safe, because stored events and versions are recognised.</summary>
    /// <param name="batch">The items; may be empty.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <param name="writeAlongside">Writes more in the same commit, under the feed locks, once the batch's result is known. It runs again
    /// with each attempt.</param>
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
        var keys = BatchKeys.Of(batch);
        if (!_venuesWithHead.IsSupersetOf(keys.VenueIds))
        {
            await session.CreateHeadsAsync([.. keys.VenueIds], cancellationToken);
            _venuesWithHead.UnionWith(keys.VenueIds);
        }
        var (snapshot, newEvents) = await session.ReadAsync(keys, cancellationToken);
        if (snapshot.Heads.Count != keys.VenueIds.Count)
            throw new InvalidOperationException("A feed head is missing: somebody has deleted it while this host was running.");

        var counted = batch.Where(i => i.Event is null || newEvents.Contains(i.Event.Id));
        var changes = LedgerMerge.Apply(snapshot, [.. counted], clock.Now());
        await session.WriteAsync(
            changes,
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
