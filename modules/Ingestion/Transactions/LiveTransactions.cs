using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Paging;

namespace Ingestion.Transactions;

/// <summary>Follows the venue's feed from a position and returns each change in the state that it recorded.</summary>
internal sealed class LiveTransactions(IDbContextFactory<IngestionDb> dbFactory, IVenues venues, FeedTail tail)
{
    private const int PageSize = 200;

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

        async Task<(IReadOnlyList<Transaction>, long)> ReadAsync(long position, CancellationToken token)
        {
            var venue = await venues.DemandAsync(venueId, Right.ViewTransactions, caller, token); // ownership may have been withdrawn since
            // The head is read first. What is committed after that is left for the next page.
            var end = await HeadAsync(venueId, token);
            if (end <= position)
                return ([], position);
            await using var db = await dbFactory.CreateDbContextAsync(token);
            var rows = await select(
                    db.TransactionVersions.AsNoTracking().Where(v => v.VenueId == venueId && v.Seq > position && v.Seq <= end)
                )
                .OrderBy(v => v.Seq)
                .Take(PageSize)
                .Join(
                    db.Transactions.AsNoTracking().Where(t => t.VenueId == venueId),
                    v => v.TransactionId,
                    t => t.Id,
                    (v, t) => new { v, t }
                )
                .OrderBy(r => r.v.Seq)
                .ToListAsync(token);
            return (rows.ConvertAll(r => new Transaction(venue, r.t, r.v)), rows.Count < PageSize ? end : rows[^1].v.Seq);
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
