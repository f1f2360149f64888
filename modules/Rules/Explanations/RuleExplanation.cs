using System.Globalization;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Amounts;
using Rules.LiveSessions;
using Rules.SpendRules;
using Rules.Unlocks;

namespace Rules.Explanations;

/// <summary>Why a rule has or has not unlocked. It comes from the same evaluation that unlocks.</summary>
/// <param name="Rule">The rule as it is now, even if it was deleted since.</param>
/// <param name="Unlocked">Whether an unlock of the rule is in force for the member. For a transaction: whether the transaction brought an
/// unlock that is in force.</param>
/// <param name="Missing">What the spend lacked of the threshold; null when it was enough.</param>
/// <param name="NearestTransactionId">The transaction that the conditions were tried on: the one that unlocked, otherwise the one that came
/// nearest. Null when the member has none.</param>
/// <param name="Reasons">Why the rule has not unlocked; empty when it has. DISABLED: it is switched off or deleted. BELOW_THRESHOLD: the
/// spend is below the threshold. OTHER_CURRENCY: the transaction's currency does not count for the rule. OUTSIDE_WINDOW: the transaction
/// took place outside the live window. NO_LIVE_SESSION: nobody was on stage. OTHER_PERFORMER: somebody else was on stage. RULES_OFF: the
/// connection excludes the transaction from rules. REVOKED: an unlock of the rule was revoked; by hand, it
/// stays revoked. ALREADY_UNLOCKED: an earlier transaction of the member has unlocked the rule. NOT_TRIED_SINCE: every condition is met
/// now, but was not when a transaction last raised the spend; the rule is tried again at the next one.</param>
/// <param name="Conditions">Each condition of the rule, with what it needs and what was found.</param>
internal sealed record RuleExplanation(
    SpendRule Rule,
    bool Unlocked,
    Money? Missing,
    Guid? NearestTransactionId,
    IReadOnlyList<string> Reasons,
    IReadOnlyList<RuleCondition> Conditions
);

/// <summary>A condition of a rule.</summary>
/// <param name="Kind">ENABLED, SPEND, LIVE_WINDOW, LIVE_SESSION, PERFORMER or RULES_ON.</param>
/// <param name="Met">Whether the condition is met.</param>
/// <param name="Needed">What the rule needs, in words for people; null when the rule was changed since it was tried.</param>
/// <param name="Found">What was found, in words for people; null when there is no transaction, or when the rule was changed since it was
/// tried.</param>
internal sealed record RuleCondition(string Kind, bool Met, string? Needed, string? Found);

/// <summary>Puts what a rule found into words.</summary>
internal static class RuleConditions
{
    private static readonly LocalTimePattern Time = LocalTimePattern.CreateWithInvariantCulture("HH:mm");
    private static readonly LocalDateTimePattern Local = LocalDateTimePattern.CreateWithInvariantCulture("dddd yyyy-MM-dd HH:mm:ss");

    public static IReadOnlyList<string> ReasonsOf(UnmetConditions unmet)
    {
        (UnmetConditions, string)[] reasons =
        [
            (UnmetConditions.Enabled, "DISABLED"),
            (UnmetConditions.Spend, "BELOW_THRESHOLD"),
            (UnmetConditions.Currency, "OTHER_CURRENCY"),
            (UnmetConditions.LiveWindow, "OUTSIDE_WINDOW"),
            (UnmetConditions.LiveSession, "NO_LIVE_SESSION"),
            (UnmetConditions.Performer, "OTHER_PERFORMER"),
            (UnmetConditions.RulesOn, "RULES_OFF"),
            (UnmetConditions.NotYetUnlocked, "ALREADY_UNLOCKED"),
            (UnmetConditions.NotRevokedByHand, "REVOKED"),
        ];
        return [.. reasons.Where(r => unmet.HasFlag(r.Item1)).Select(r => r.Item2)];
    }

    /// <param name="rule">The rule.</param>
    /// <param name="unmet">The conditions that are not met.</param>
    /// <param name="spend">What the member had spent.</param>
    /// <param name="threshold">What was needed.</param>
    /// <param name="at">The time of the transaction; null without one.</param>
    /// <param name="zone">The venue's time zone.</param>
    /// <param name="sessions">The live sessions around that time.</param>
    /// <param name="isChanged">Whether the rule was changed since it was tried.</param>
    public static IReadOnlyList<RuleCondition> Describe(
        SpendRule rule,
        UnmetConditions unmet,
        Money spend,
        Money threshold,
        Instant? at,
        DateTimeZone zone,
        IReadOnlyCollection<LiveSession> sessions,
        bool isChanged = false
    )
    {
        var conditions = new List<RuleCondition>
        {
            new("SPEND", !unmet.HasFlag(UnmetConditions.Spend), threshold.Formatted, spend.Formatted),
        };
        if (unmet.HasFlag(UnmetConditions.Enabled))
            conditions.Insert(
                0,
                new("ENABLED", false, "The rule is switched on.", rule.DeletedAt is null ? "It is switched off." : "It was deleted.")
            );
        if (rule is { LiveOnly: true, LiveWindow: { } window } || unmet.HasFlag(UnmetConditions.LiveWindow))
            Add(
                "LIVE_WINDOW",
                !unmet.HasFlag(UnmetConditions.LiveWindow),
                rule.LiveWindow is null ? null : Describe(rule.LiveWindow, zone),
                at is { } time ? Local.Format(time.InZone(zone).LocalDateTime) : null
            );
        if (rule.PerformerId is not null || unmet.HasFlag(UnmetConditions.Performer))
            Add(
                "PERFORMER",
                (unmet & (UnmetConditions.Performer | UnmetConditions.LiveSession)) == 0,
                rule.PerformerId,
                DescribeStage(at, sessions)
            );
        else if (rule is { LiveOnly: true, LiveWindow: null } || unmet.HasFlag(UnmetConditions.LiveSession))
            Add("LIVE_SESSION", !unmet.HasFlag(UnmetConditions.LiveSession), "A live session is going on.", DescribeStage(at, sessions));
        if (unmet.HasFlag(UnmetConditions.RulesOn))
            conditions.Add(new("RULES_ON", false, "The connection lets rules be tried.", "Its processRules is false."));
        return conditions;

        void Add(string kind, bool met, string? needed, string? found) =>
            conditions.Add(isChanged ? new(kind, met, null, null) : new(kind, met, needed, at is null ? null : found));
    }

    private static string Describe(LiveWindow window, DateTimeZone zone) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join(", ", window.Days)} from {Time.Format(window.Start)} to {Time.Format(window.End)}, {zone.Id}"
        );

    private static string DescribeStage(Instant? at, IEnumerable<LiveSession> sessions) =>
        at is { } time && sessions.Where(s => s.Contains(time)).Select(s => s.PerformerId).ToArray() is { Length: > 0 } onStage
            ? string.Join(", ", onStage)
            : "Nobody was on stage.";
}
