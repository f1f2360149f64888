using GraphQL;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Ingestion.Cards;

/// <summary>The transactions that are now matched to another user or to nobody, as they are after the change, newest first; at most 200.
/// Empty for a caller who may not see the venue's transactions.</summary>
internal sealed class LinkCardTransactions(IDbContextFactory<IngestionDb> dbFactory, IVenues venues)
{
    private const int MaxTransactions = 200;

    public async Task<IEnumerable<Transaction>> TransactionsAsync(
        [Parent] LinkCardPayload payload,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        if (
            payload.MatchedTransactions == 0
            || await venues.FindAsync(payload.VenueId!, cancellationToken) is not { } venue
            || !context.Caller().May(Right.ViewTransactions, venue)
        )
            return [];
        // The assignment has written one version for each transaction, in the order of the payments' times.
        var (last, first) = (payload.Seq, payload.Seq - Math.Min(payload.MatchedTransactions, MaxTransactions) + 1);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db
            .TransactionVersions.AsNoTracking()
            .Where(v => v.VenueId == venue.Id && v.Seq >= first && v.Seq <= last)
            .Join(
                db.Transactions.AsNoTracking().Where(t => t.VenueId == venue.Id),
                v => v.TransactionId,
                t => t.Id,
                (v, t) => new { v.Seq, Row = t }
            )
            .OrderByDescending(r => r.Seq)
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(r => new Transaction(venue, r.Row));
    }
}
