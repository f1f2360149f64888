using GraphQL;
using GraphQL.DataLoader;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Rules.SpendRules;

/// <summary>How many users have an unlock of this rule that is in force.</summary>
internal sealed class UsersUnlocked(IDbContextFactory<RulesDb> dbFactory)
{
    public IDataLoaderResult<long> Handle([Parent] SpendRule rule, IResolveFieldContext context) =>
        BatchLoaders.Load<Guid, long>(
            context,
            (typeof(UsersUnlocked), rule.VenueId),
            rule.Id,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                return await db
                    .Unlocks.AsNoTracking()
                    .Where(u => u.VenueId == rule.VenueId && u.RevokedAt == null && ids.Contains(u.RuleId!.Value))
                    .GroupBy(u => u.RuleId!.Value)
                    .Select(g => new { g.Key, Count = g.LongCount() })
                    .ToDictionaryAsync(g => g.Key, g => g.Count, cancellationToken);
            },
            0
        );
}
