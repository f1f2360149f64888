using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Amounts;
using Rules.LiveSessions;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>An unlock that is in force.</summary>
/// <param name="Id">The unlock's id.</param>
/// <param name="UserId">The user who has it.</param>
/// <param name="RuleId">The rule that gave it; null for a grant by hand.</param>
/// <param name="Tier">The tier that it gives.</param>
/// <param name="Access">The access levels that it gives.</param>
/// <param name="Threshold">The rule's threshold when it gave the unlock; null for a grant by hand.</param>
internal sealed record ActiveUnlock(Guid Id, string UserId, Guid? RuleId, Tier Tier, IReadOnlyList<AccessLevel> Access, Money? Threshold);

/// <summary>What must be known of a venue to evaluate its rules. Evaluation updates the spend and the active unlocks.</summary>
/// <param name="Venue">Its time zone, unlock policy and way of counting.</param>
/// <param name="EnabledRules">In the order of evaluation: the highest priority, the lowest threshold, the oldest first.</param>
/// <param name="Sessions">The live sessions that may contain one of the transactions.</param>
/// <param name="Spend">Lifetime spend in minor units, in both ways of counting, by user and currency.</param>
/// <param name="ActiveUnlocks">The users' unlocks in force.</param>
internal sealed record EvaluationState(
    IVenue Venue,
    List<SpendRule> EnabledRules,
    List<LiveSession> Sessions,
    Dictionary<(string UserId, string Currency), (long Authorized, long Captured)> Spend,
    List<ActiveUnlock> ActiveUnlocks
)
{
    /// <summary>The rules whose unlock somebody has revoked by hand, by user: they do not unlock for the user again.</summary>
    public HashSet<(string UserId, Guid RuleId)> RevokedByHand { get; } = [];
}

/// <summary>An unlock that is given by a rule or by hand.</summary>
/// <param name="Id">The unlock's id.</param>
/// <param name="UserId">The user who gets it.</param>
/// <param name="Tier">The tier that it gives.</param>
/// <param name="Access">The access levels that it gives.</param>
internal sealed record NewUnlock(Guid Id, string UserId, Tier Tier, IReadOnlyList<AccessLevel> Access)
{
    /// <summary>The rule; null for a grant by hand.</summary>
    public SpendRule? Rule { get; init; }

    /// <summary>The transaction that met the rule; null for a grant by hand.</summary>
    public Guid? TransactionId { get; init; }

    /// <summary>The user's spend in the rule's currency, that transaction included; null for a grant by hand.</summary>
    public long? SpendMinor { get; init; }

    /// <summary>Why it was given, where the rule does not say it.</summary>
    public string? Reason { get; init; }

    public ActiveUnlock ToActive() => new(Id, UserId, Rule?.Id, Tier, Access, Rule?.Threshold);

    public static NewUnlock ByRule(Guid id, SpendRule rule, string userId, Guid transactionId, long spendMinor) =>
        new(id, userId, rule.UnlocksTier, rule.GrantsAccess)
        {
            Rule = rule,
            TransactionId = transactionId,
            SpendMinor = spendMinor,
        };
}

/// <summary>An unlock to revoke.</summary>
/// <param name="Unlock">The unlock.</param>
/// <param name="Reason">Why, in words for people.</param>
/// <param name="RevokedBy">The user who revokes it by hand; null when the venue's unlock policy does.</param>
internal sealed record RevokedUnlock(ActiveUnlock Unlock, string Reason, string? RevokedBy = null);

/// <summary>What a venue's changes lead to.</summary>
/// <param name="NewUnlocks">In the order in which they were given.</param>
/// <param name="RevokedUnlocks">In the order in which they were revoked.</param>
/// <param name="SeenByUserId">The times of each user's first and last transaction among the changes.</param>
/// <param name="Evaluations">What the rules said of each transaction that raised spend; the last change of a transaction counts.</param>
internal sealed record EvaluationResult(
    IReadOnlyList<NewUnlock> NewUnlocks,
    IReadOnlyList<RevokedUnlock> RevokedUnlocks,
    IReadOnlyDictionary<string, (Instant First, Instant Last)> SeenByUserId,
    IReadOnlyList<TransactionFindings> Evaluations
);
