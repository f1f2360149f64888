using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Data;

namespace Ingestion.Cards;

/// <summary>Answers from the transactions of a venue.</summary>
internal sealed class CardHolders(IDbContextFactory<IngestionDb> dbFactory) : ICardHolders
{
    public async Task<IReadOnlyList<string>> ListUserIdsAsync(string venueId, string last4, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db.BoundedAsync("Search for the user id instead.", () =>
            db
                .Transactions.AsNoTracking()
                .Where(t => t.VenueId == venueId && t.CardLast4 == last4 && t.UserId != null)
                .Select(t => t.UserId!)
                .Distinct()
                .ToListAsync(cancellationToken)
        );
    }
}
