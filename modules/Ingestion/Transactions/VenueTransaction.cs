using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>One transaction of the venue; null when the venue has no transaction with this id. For owners of the venue; FORBIDDEN
/// otherwise.</summary>
internal sealed class VenueTransaction(IDbContextFactory<IngestionDb> dbFactory)
{
    /// <param name="id">The transaction's id.</param>
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
