using GraphQL;
using GraphQL.DataLoader;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using Rules.SpendRules;

namespace Rules.Reevaluations;

/// <summary>An application of a rule to the members who were there already.</summary>
/// <param name="RequestedAt">When it was requested.</param>
/// <param name="MembersTried">The members who have been tried so far.</param>
/// <param name="MembersUnlocked">The members for whom the rule has unlocked so far.</param>
/// <param name="FinishedAt">When all members had been tried; null while it is under way.</param>
internal sealed record RuleApplication(Instant RequestedAt, long MembersTried, long MembersUnlocked, Instant? FinishedAt);

/// <summary>The latest application of the rule to the members who were there already; null when there was none.</summary>
internal sealed class LastApplication(IDbContextFactory<RulesDb> dbFactory)
{
    public IDataLoaderResult<RuleApplication?> Handle([Parent] SpendRule rule, IResolveFieldContext context) =>
        BatchLoaders.Load<Guid, RuleApplication?>(
            context,
            (typeof(LastApplication), rule.VenueId),
            rule.Id,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var rows = await db
                    .Reevaluations.AsNoTracking()
                    .Where(r => r.VenueId == rule.VenueId && ids.Contains(r.RuleId!.Value))
                    .OrderBy(r => r.Id)
                    .ToListAsync(cancellationToken);
                return rows.GroupBy(r => r.RuleId!.Value)
                    .ToDictionary(
                        g => g.Key,
                        g =>
                            g.Select(r => new RuleApplication(r.RequestedAt, r.MembersTried, r.MembersUnlocked, r.FinishedAt))
                                .LastOrDefault()
                    );
            },
            null
        );
}
