using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using Rules.Members;
using Rules.SpendRules;
using Rules.Unlocks;

namespace Rules.Explanations;

/// <summary>The tier that a member can reach next.</summary>
/// <param name="Tier">The lowest tier above the member's that an enabled rule unlocks.</param>
/// <param name="Rule">The rule that asks for the least more spend, one in the venue's currency first.</param>
/// <param name="Missing">What the member must still spend, in the rule's currency; 0 when only the other conditions of the rule are
/// missing.</param>
internal sealed record NextTier(Tier Tier, SpendRule Rule, Money Missing);

/// <summary>The tier that the member can reach next, and what is missing. Null when no enabled rule leads to a higher tier, and for a
/// caller who may not see the venue's rules.</summary>
internal sealed class MemberNextTier(IDbContextFactory<RulesDb> dbFactory)
{
    public IDataLoaderResult<NextTier?> NextTier([Parent] Member member, IResolveFieldContext context) =>
        BatchLoaders.Load<string, NextTier?>(
            context,
            (typeof(MemberNextTier), member.Venue.Id),
            member.UserId,
            async (userIds, cancellationToken) =>
            {
                if (!context.Caller().May(Right.ViewVenue, member.Venue))
                    return new Dictionary<string, NextTier?>();
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                await db.Database.OpenConnectionAsync(cancellationToken);
                var states = await EvaluationStateReader.ReadAsync(
                    (NpgsqlConnection)db.Database.GetDbConnection(),
                    lockFeeds: false,
                    [.. userIds.Select(userId => (member.Venue.Id, userId))],
                    new Dictionary<string, IVenue> { [member.Venue.Id] = member.Venue },
                    Instant.MinValue,
                    Instant.MinValue,
                    cancellationToken
                );
                return userIds.ToDictionary(userId => userId, userId => Find(states[member.Venue.Id], userId));
            },
            null
        );

    /// <summary>Finds the next tier of a user. Pure.</summary>
    internal static NextTier? Find(EvaluationState state, string userId)
    {
        var unlocks = state.ActiveUnlocks.Where(u => u.UserId == userId).ToArray();
        var tier = unlocks.Select(u => u.Tier).DefaultIfEmpty(Tier.Guest).Max();
        return state
            .EnabledRules.Where(r =>
                r.UnlocksTier > tier && unlocks.All(u => u.RuleId != r.Id) && !state.RevokedByHand.Contains((userId, r.Id))
            )
            .Select(r => (Rule: r, Missing: Math.Max(0, r.ThresholdMinor - RuleEvaluation.CountedSpend(state, userId, r.Currency))))
            .OrderBy(r => r.Rule.UnlocksTier)
            .ThenBy(r => r.Rule.Currency != state.Venue.Currency)
            .ThenBy(r => r.Missing)
            .Select(r => new NextTier(r.Rule.UnlocksTier, r.Rule, new Money(r.Missing, r.Rule.Currency)))
            .FirstOrDefault();
    }
}
