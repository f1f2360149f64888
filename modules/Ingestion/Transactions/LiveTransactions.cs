using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Paging;

namespace Ingestion.Transactions;

/// <summary>Follows the venue's feed from a position and returns, for each change, the transaction as it is now. A client's cache, which
/// keeps one state of a transaction, never goes back to an earlier one.</summary>
internal sealed class LiveTransactions(IDbContextFactory<IngestionDb> dbFactory, IVenues venues, FeedTail tail)
{
    /// <summary>Checks the caller's rights and the cursor at once, so that the subscriber learns of an error before the first transaction.
    /// Throws FORBIDDEN or INVALID_INPUT.</summary>
    public async Task<IAsyncEnumerable<Transaction>> FollowAsync(
        string venueId,
        string? after,
        IResolveFieldContext context,
        Func<IQueryable<TransactionVersionRow>, IQueryable<TransactionVersionRow>> select,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await venues.DemandAsync(venueId, Right.ViewTransactions, caller, cancellationToken);
        var head = await HeadAsync(venueId, cancellationToken);
        var start = after is null ? head : Cursor.DecodeSequence(Transaction.CursorKind, venueId, after, head);
        return tail.FollowAsync(Contracts.TransactionsChanged.Feed, venueId, start, ReadAsync, context.CancellationToken);

        async Task<FeedPage<Transaction>> ReadAsync(long position, int limit, CancellationToken token)
        {
            var venue = await venues.DemandAsync(venueId, Right.ViewTransactions, caller, token); // ownership may have been withdrawn since
            // The head is read first. What is committed after that is left for the next page.
            var end = await HeadAsync(venueId, token);
            if (end <= position)
                return new([], position);
            await using var db = await dbFactory.CreateDbContextAsync(token);
            var rows = await select(
                    db.TransactionVersions.AsNoTracking().Where(v => v.VenueId == venueId && v.Seq > position && v.Seq <= end)
                )
                .OrderBy(v => v.Seq)
                .Take(limit)
                .Join(
                    db.Transactions.AsNoTracking().Where(t => t.VenueId == venueId),
                    v => v.TransactionId,
                    t => t.Id,
                    (v, t) => new { v.Seq, Row = t }
                )
                .OrderBy(r => r.Seq)
                .ToListAsync(token);
            return new(rows.ConvertAll(r => (r.Seq, new Transaction(venue, r.Row, r.Seq))), rows.Count < limit ? end : rows[^1].Seq);
        }
    }

    private async Task<long> HeadAsync(string venueId, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .FeedHeads.AsNoTracking()
            .Where(h => h.VenueId == venueId)
            .Select(h => h.Seq)
            .SingleOrDefaultAsync(cancellationToken);
    }
}
