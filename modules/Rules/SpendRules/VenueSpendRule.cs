using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Rules.SpendRules;

/// <summary>The venue's spend rule with this id; null when there is none. Requires an owner of the venue or HEAD_MODERATOR.</summary>
internal sealed class VenueSpendRule(IDbContextFactory<RulesDb> dbFactory)
{
    /// <param name="id">The rule's id.</param>
    public async Task<SpendRule?> SpendRuleAsync(
        [Parent] IVenue venue,
        [Id] string id,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ViewVenue, venue);
        if (!Guid.TryParse(id, out var key))
            return null;
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .SpendRules.AsNoTracking()
            .SingleOrDefaultAsync(r => r.VenueId == venue.Id && r.Id == key && r.DeletedAt == null, cancellationToken);
    }
}
