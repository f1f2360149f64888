using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>When a rule fires: pure. On each change that raises a matched user's spend, the rules are tried in their order and every one that
/// holds unlocks, once per rule and user. Refunds never unlock.</summary>
internal static class RuleEvaluation
{
    /// <param name="state">What is known; its spend and held unlocks are moved on.</param>
    /// <param name="changes">One venue's, in the order of the feed.</param>
    /// <param name="newId">Makes an id for an unlock.</param>
    public static EvaluationResult Evaluate(EvaluationState state, IEnumerable<TransactionChange> changes, Func<Guid> newId)
    {
        var (newUnlocks, revokedUnlocks, seen) = (
            new List<NewUnlock>(),
            new List<RevokedUnlock>(),
            new Dictionary<string, (Instant, Instant)>()
        );
        var zone = state.Venue.Zone();
        foreach (var change in changes)
        {
            var raisedUserId = ApplyToSpend(state, change, out var lowered);
            if (change.After is { UserId: { } userId } transaction && transaction.Status.IsPaid())
                seen[userId] = seen.TryGetValue(userId, out var s)
                    ? (Instant.Min(s.Item1, transaction.OccurredAt), Instant.Max(s.Item2, transaction.OccurredAt))
                    : (transaction.OccurredAt, transaction.OccurredAt);
            if (raisedUserId is not null && !change.RulesOff)
                newUnlocks.AddRange(FindNewUnlocks(state, change, raisedUserId, zone, newId));
            if (lowered is { } decrease && state.Venue.UnlockPolicy == UnlockPolicy.Revoke)
                revokedUnlocks.AddRange(FindRevokedUnlocks(state, decrease.UserId, decrease.Currency, newUnlocks));
        }
        return new EvaluationResult(newUnlocks, revokedUnlocks, seen);
    }

    /// <summary>Whether the rule's time conditions hold for a sale of that moment: its own time, not now.</summary>
    public static bool MatchesTime(SpendRule rule, Instant at, DateTimeZone zone, IEnumerable<LiveSessions.LiveSession> sessions) =>
        (!rule.LiveOnly || rule.LiveWindow is not { } window || window.Contains(at.InZone(zone).LocalDateTime))
        && (
            rule.PerformerId is { } performerId
                ? sessions.Any(s => s.PerformerId == performerId && s.Contains(at))
                : !rule.LiveOnly || rule.LiveWindow is not null || sessions.Any(s => s.Contains(at))
        );

    private static IEnumerable<NewUnlock> FindNewUnlocks(
        EvaluationState state,
        TransactionChange change,
        string userId,
        DateTimeZone zone,
        Func<Guid> newId
    )
    {
        foreach (var rule in state.EnabledRules)
        {
            if (
                state.ActiveUnlocks.Any(h => h.RuleId == rule.Id && h.UserId == userId)
                || !MatchesTime(rule, change.After.OccurredAt, zone, state.Sessions)
            )
                continue;
            var spend = CountedSpend(state, userId, rule.Currency);
            if (spend < rule.ThresholdMinor)
                continue;
            var unlock = new NewUnlock(newId(), rule, userId, change.TransactionId, spend);
            state.ActiveUnlocks.Add(new ActiveUnlock(unlock.Id, userId, rule.Id, rule.UnlocksTier, rule.GrantsAccess));
            yield return unlock;
        }
    }

    // Only what a rule gave for spend of that currency is taken back; a grant by hand has no threshold.
    private static IEnumerable<RevokedUnlock> FindRevokedUnlocks(
        EvaluationState state,
        string userId,
        string currency,
        List<NewUnlock> newUnlocks
    )
    {
        foreach (var unlock in state.ActiveUnlocks.Where(h => h.UserId == userId && h.RuleId is not null).ToArray())
        {
            if (
                !state.AllRules.TryGetValue(unlock.RuleId!.Value, out var rule)
                || rule.Currency != currency
                || CountedSpend(state, userId, currency) >= rule.ThresholdMinor
            )
                continue;
            state.ActiveUnlocks.Remove(unlock);
            // Given and taken within one batch: as if it had not been, since nobody has seen it.
            if (newUnlocks.RemoveAll(f => f.Id == unlock.Id) == 0)
                yield return new RevokedUnlock(unlock, "The spend fell below the rule's threshold.");
        }
    }

    private static long CountedSpend(EvaluationState state, string userId, string currency)
    {
        var (authorized, captured) = state.Spend.GetValueOrDefault((userId, currency));
        return state.Venue.RulesCountFrom == CountFrom.Captured ? captured : authorized;
    }

    // Moves the spend; answers whose was raised and whose was lowered, as the venue counts.
    private static string? ApplyToSpend(EvaluationState state, TransactionChange change, out (string UserId, string Currency)? lowered)
    {
        string? raisedUserId = null;
        lowered = null;
        foreach (var delta in Rules.Spend.SpendDelta.FromChanges([change]))
        {
            var sum = state.Spend.GetValueOrDefault((delta.UserId, delta.Currency));
            state.Spend[(delta.UserId, delta.Currency)] = checked(
                (sum.Authorized + delta.AuthorizedMinor, sum.Captured + delta.CapturedMinor)
            );
            var difference = state.Venue.RulesCountFrom == CountFrom.Captured ? delta.CapturedMinor : delta.AuthorizedMinor;
            if (difference > 0)
                raisedUserId = delta.UserId;
            else if (difference < 0)
                lowered = (delta.UserId, delta.Currency);
        }
        return raisedUserId;
    }
}
