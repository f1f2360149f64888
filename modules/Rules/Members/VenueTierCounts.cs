using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>How many members hold a tier.</summary>
/// <param name="Tier">The tier.</param>
/// <param name="Members">The number of members who hold it now.</param>
internal sealed record TierCount(Tier Tier, long Members);

/// <summary>How many members hold each tier now, from the lowest tier to the highest; 0 where nobody does. Requires an owner of the
/// venue.</summary>
internal sealed class VenueTierCounts(IDbContextFactory<RulesDb> dbFactory)
{
    public async Task<IEnumerable<TierCount>> TierCountsAsync(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var counts = await db
            .Members.AsNoTracking()
            .Where(m => m.VenueId == venue.Id)
            .GroupBy(m => m.Tier)
            .Select(g => new { g.Key, Count = g.LongCount() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, cancellationToken);
        return Enum.GetValues<Tier>().Select(t => new TierCount(t, counts.GetValueOrDefault(t))).ToArray();
    }
}
