using GraphQL;
using GraphQL.DataLoader;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>The rule that gave the unlock, as it is now, even if it was deleted since; null for a grant by hand.</summary>
internal sealed class UnlockRule(IDbContextFactory<RulesDb> dbFactory)
{
    public IDataLoaderResult<SpendRule?> Rule([Parent] Unlock unlock, IResolveFieldContext context) =>
        BatchLoaders.Load<Guid, SpendRule?>(
            context,
            (typeof(UnlockRule), unlock.VenueId),
            unlock.RuleId ?? Guid.Empty,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                return await db
                    .SpendRules.AsNoTracking()
                    .Where(r => r.VenueId == unlock.VenueId && ids.Contains(r.Id))
                    .ToDictionaryAsync(r => r.Id, r => (SpendRule?)r, cancellationToken);
            },
            null
        );
}
