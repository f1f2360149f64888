using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>The rule that gave the unlock, as it is now, even if it was deleted since. Null for a grant by hand and for a caller who may
/// not see the venue's rules: members read ruleName.</summary>
internal sealed class UnlockRule(IDbContextFactory<RulesDb> dbFactory, IVenues venues)
{
    public IDataLoaderResult<SpendRule?> Rule([Parent] Unlock unlock, IResolveFieldContext context) =>
        BatchLoaders.Load<Guid, SpendRule?>(
            context,
            (typeof(UnlockRule), unlock.VenueId),
            unlock.RuleId ?? Guid.Empty,
            async (ids, cancellationToken) =>
            {
                if (
                    await venues.FindAsync(unlock.VenueId, cancellationToken) is not { } venue
                    || !context.Caller().May(Right.ViewVenue, venue)
                )
                    return new Dictionary<Guid, SpendRule?>();
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                return await db
                    .SpendRules.AsNoTracking()
                    .Where(r => r.VenueId == unlock.VenueId && ids.Contains(r.Id))
                    .ToDictionaryAsync(r => r.Id, r => (SpendRule?)r, cancellationToken);
            },
            null
        );
}
