using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>One sale of the venue; null when there is none of that id. Owner only.</summary>
internal sealed class VenueTransaction(IDbContextFactory<IngestionDb> dbFactory)
{
    /// <param name="id">The sale's id.</param>
    public async Task<Transaction?> TransactionAsync(
        [Parent] IVenue venue,
        [Id] string id,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        if (!Guid.TryParse(id, out var key))
            return null;
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var row = await db.Transactions.AsNoTracking().SingleOrDefaultAsync(t => t.VenueId == venue.Id && t.Id == key, cancellationToken);
        return row is null ? null : new Transaction(venue, row);
    }
}
