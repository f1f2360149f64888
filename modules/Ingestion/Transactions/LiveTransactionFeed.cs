using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Feed;

namespace Ingestion.Transactions;

/// <summary>A change of a transaction as live subscribers receive it.</summary>
/// <param name="Transaction">The transaction as it is now, with the cursor of the change.</param>
/// <param name="Added">Whether the change made the transaction known.</param>
/// <param name="Applied">Whether the change became the transaction's current state.</param>
internal sealed record TransactionEvent(Transaction Transaction, bool Added, bool Applied);

/// <summary>The feed of transactions for live subscribers: for each change the transaction as it is now, so that a client's cache, which
/// keeps one state of a transaction, never goes back to an earlier one.</summary>
internal sealed class LiveTransactionFeed(IDbContextFactory<IngestionDb> dbFactory, IVenues venues) : ILiveFeed<IVenue, TransactionEvent>
{
    // A venue's changes are committed in the order of their sequence numbers, so a page never leaves one out.
    private static readonly Func<IngestionDb, string, long, int, IAsyncEnumerable<Change>> ReadPage = EF.CompileAsyncQuery(
        (IngestionDb db, string venueId, long after, int limit) =>
            db
                .TransactionVersions.AsNoTracking()
                .Where(v => v.VenueId == venueId && v.Seq > after)
                .OrderBy(v => v.Seq)
                .Take(limit)
                .Join(
                    db.Transactions.AsNoTracking().Where(t => t.VenueId == venueId),
                    v => v.TransactionId,
                    t => t.Id,
                    (v, t) => new { v, t }
                )
                .OrderBy(r => r.v.Seq)
                .Select(r => new Change(r.v.Seq, r.v.Added, r.v.Applied, r.t))
    );

    public string Name => Contracts.TransactionsChanged.Feed;

    public string VenueSignal => VenueChanged.Signal;

    public async Task<IReadOnlyDictionary<string, long>> ReadHeadsAsync(
        IReadOnlyCollection<string> venueIds,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .FeedHeads.AsNoTracking()
            .Where(h => venueIds.Contains(h.VenueId))
            .ToDictionaryAsync(h => h.VenueId, h => h.Seq, cancellationToken);
    }

    public async Task<LivePage<IVenue, TransactionEvent>> ReadAsync(
        string venueId,
        long keptAfter,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var changes = new List<Change>();
        await foreach (var change in ReadPage(db, venueId, after, limit).WithCancellation(cancellationToken))
            changes.Add(change);
        var venue = await venues.ReadAsync(venueId, cancellationToken);
        return new(
            venue,
            changes.ConvertAll(c => new LiveEvent<TransactionEvent>(
                c.Seq,
                c.Row.Id,
                new TransactionEvent(new Transaction(venue, c.Row, c.Seq), c.Added, c.Applied)
            ))
        );
    }

    private sealed record Change(long Seq, bool Added, bool Applied, TransactionRow Row);

    public TransactionEvent Restate(TransactionEvent earlier, TransactionEvent later) =>
        earlier with
        {
            Transaction = new Transaction(later.Transaction.Venue, later.Transaction.Row, earlier.Transaction.EventSeq),
        };
}
