using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Rules.SpendRules;

/// <summary>The venue's spend rules in the order in which they are evaluated: the highest priority first, then the lowest threshold, then
/// the oldest. Requires an owner of the venue or HEAD_MODERATOR.</summary>
internal sealed class VenueSpendRules(IDbContextFactory<RulesDb> dbFactory)
{
    /// <param name="enabled">True returns only enabled rules and false only disabled ones; all when left out.</param>
    public async Task<IEnumerable<SpendRule>> SpendRulesAsync(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        bool? enabled = null
    )
    {
        context.Caller().Demand(Right.ViewVenue, venue);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .SpendRules.AsNoTracking()
            .Where(r => r.VenueId == venue.Id && r.DeletedAt == null && (enabled == null || r.Enabled == enabled))
            .OrderByDescending(r => r.Priority)
            .ThenBy(r => r.ThresholdMinor)
            .ThenBy(r => r.Id)
            .ToListAsync(cancellationToken);
    }
}
