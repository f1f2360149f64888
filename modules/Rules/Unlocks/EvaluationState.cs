using Integrations.Contracts.Venues;
using NodaTime;
using Rules.LiveSessions;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>An unlock that is in force.</summary>
internal sealed record ActiveUnlock(Guid Id, string UserId, Guid? RuleId, Tier Tier, IReadOnlyList<AccessLevel> Access);

/// <summary>What a venue's rules must know before they are tried.</summary>
/// <param name="Venue">Its time zone and its two policies.</param>
/// <param name="EnabledRules">Enabled, in the order they are tried: priority (higher first), threshold, age.</param>
/// <param name="Sessions">Those that may hold one of the sales.</param>
/// <param name="Spend">Both ways of counting, by user and currency.</param>
/// <param name="ActiveUnlocks">What the users have.</param>
/// <param name="AllRules">Also those switched off or deleted, for refunds below their thresholds.</param>
internal sealed record EvaluationState(
    IVenue Venue,
    IReadOnlyList<SpendRule> EnabledRules,
    IReadOnlyList<LiveSession> Sessions,
    Dictionary<(string UserId, string Currency), (long Authorized, long Captured)> Spend,
    List<ActiveUnlock> ActiveUnlocks,
    IReadOnlyDictionary<Guid, SpendRule> AllRules
);

/// <summary>A rule that has fired.</summary>
internal sealed record NewUnlock(Guid Id, SpendRule Rule, string UserId, Guid TransactionId, long SpendMinor);

/// <summary>An unlock to take back.</summary>
internal sealed record RevokedUnlock(ActiveUnlock Unlock, string Reason);

/// <summary>What a venue's changes come to.</summary>
internal sealed record EvaluationResult(
    IReadOnlyList<NewUnlock> NewUnlocks,
    IReadOnlyList<RevokedUnlock> RevokedUnlocks,
    IReadOnlyDictionary<string, (Instant First, Instant Last)> SeenByUserId
);
