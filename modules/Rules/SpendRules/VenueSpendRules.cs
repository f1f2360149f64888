using GraphQL;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Rules.SpendRules;

/// <summary>By priority (higher first), then threshold. Owner or HEAD_MODERATOR.</summary>
internal sealed class VenueSpendRules(IDbContextFactory<RulesDb> dbs)
{
    /// <param name="enabled">Only those that are so.</param>
    public async Task<IEnumerable<SpendRule>> SpendRules([Parent] IVenue venue, IResolveFieldContext context, CancellationToken ct, bool? enabled = null)
    {
        context.Caller().Demand(Right.SeeVenue, venue);
        await using var db = await dbs.CreateDbContextAsync(ct);
        return await db.SpendRules.AsNoTracking().Where(r => r.VenueId == venue.Id && r.DeletedAt == null && (enabled == null || r.Enabled == enabled))
            .OrderByDescending(r => r.Priority).ThenBy(r => r.ThresholdMinor).ThenBy(r => r.Id).ToListAsync(ct);
    }
}
