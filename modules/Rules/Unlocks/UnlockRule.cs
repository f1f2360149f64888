using GraphQL;
using GraphQL.DataLoader;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel;
using PosModular.Kernel.Schema;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>The rule that gave it, also when it was changed or deleted since; null for a grant by hand.</summary>
internal sealed class UnlockRule(IDbContextFactory<RulesDb> dbs)
{
    public IDataLoaderResult<SpendRule?> Rule([Parent] Unlock unlock, IResolveFieldContext context) =>
        BatchLoaders.Ask<Guid, SpendRule?>(context, (typeof(UnlockRule), unlock.VenueId), unlock.RuleId ?? Guid.Empty, async (ids, ct) =>
        {
            await using var db = await dbs.CreateDbContextAsync(ct);
            return await db.SpendRules.AsNoTracking().Where(r => r.VenueId == unlock.VenueId && ids.Contains(r.Id)).ToDictionaryAsync(r => r.Id, r => (SpendRule?)r, ct);
        }, null);
}
