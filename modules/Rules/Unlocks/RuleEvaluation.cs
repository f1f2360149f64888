using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;
using Rules.LiveSessions;
using Rules.Spend;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>Decides what spend rules unlock and revoke. Pure. On each change that raises a matched user's spend, the rules are evaluated in
/// their order and every rule that is met unlocks, once per rule and user. Refunds never unlock.</summary>
internal static class RuleEvaluation
{
    /// <param name="state">The venue's rules and its users' spend and unlocks, which are updated.</param>
    /// <param name="changes">Changes of one venue, in the order of the feed.</param>
    /// <param name="newId">Creates the id of an unlock.</param>
    public static EvaluationResult Evaluate(EvaluationState state, IEnumerable<TransactionChange> changes, Func<Guid> newId)
    {
        var newUnlocks = new List<NewUnlock>();
        var revokedUnlocks = new List<RevokedUnlock>();
        var seen = new Dictionary<string, (Instant First, Instant Last)>();
        var zone = state.Venue.Zone();
        foreach (var change in changes)
        {
            var (raisedUserId, lowered) = ApplyToSpend(state, change);
            if (change.After is { UserId: { } userId, OccurredAt: var at } && change.After.Status.IsPaid())
                seen[userId] = seen.TryGetValue(userId, out var span)
                    ? (Instant.Min(span.First, at), Instant.Max(span.Last, at))
                    : (at, at);
            if (raisedUserId is not null && !change.RulesOff)
                newUnlocks.AddRange(FindNewUnlocks(state, change, raisedUserId, zone, newId));
            if (lowered is var (loweredUserId, currency) && state.Venue.UnlockPolicy == UnlockPolicy.Revoke)
                revokedUnlocks.AddRange(FindRevokedUnlocks(state, loweredUserId, currency, newUnlocks));
        }
        return new EvaluationResult(newUnlocks, revokedUnlocks, seen);
    }

    /// <summary>Whether a transaction at this time can meet the rule. The time is the transaction's own, not the present moment.</summary>
    public static bool MatchesTime(SpendRule rule, Instant at, DateTimeZone zone, IEnumerable<LiveSession> sessions)
    {
        if (rule.LiveOnly && rule.LiveWindow is { } window && !window.Contains(at.InZone(zone).LocalDateTime))
            return false;
        if (rule.PerformerId is { } performerId)
            return sessions.Any(s => s.PerformerId == performerId && s.Contains(at));
        return !rule.LiveOnly || rule.LiveWindow is not null || sessions.Any(s => s.Contains(at));
    }

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
            var spend = CountedSpend(state, userId, rule.Currency);
            if (
                spend < rule.ThresholdMinor
                || state.ActiveUnlocks.Any(u => u.RuleId == rule.Id && u.UserId == userId)
                || !MatchesTime(rule, change.After.OccurredAt, zone, state.Sessions)
            )
                continue;
            var unlock = new NewUnlock(newId(), rule, userId, change.TransactionId, spend);
            state.ActiveUnlocks.Add(new ActiveUnlock(unlock.Id, userId, rule.Id, rule.UnlocksTier, rule.GrantsAccess, rule.Threshold));
            yield return unlock;
        }
    }

    // An unlock keeps the threshold it was given under: a rule that is changed later revokes nothing. A grant by hand has no threshold.
    private static IEnumerable<RevokedUnlock> FindRevokedUnlocks(
        EvaluationState state,
        string userId,
        string currency,
        List<NewUnlock> newUnlocks
    )
    {
        var spend = CountedSpend(state, userId, currency);
        foreach (var unlock in state.ActiveUnlocks.Where(u => u.UserId == userId).ToArray())
        {
            if (unlock.Threshold is not { } threshold || threshold.Currency != currency || spend >= threshold.AmountMinor)
                continue;
            state.ActiveUnlocks.Remove(unlock);
            // An unlock that is given and revoked within one batch was never visible to anybody, so it is not written at all.
            if (newUnlocks.RemoveAll(u => u.Id == unlock.Id) == 0)
                yield return new RevokedUnlock(unlock, "A refund took the spend below the threshold of the rule that gave this unlock.");
        }
    }

    private static long CountedSpend(EvaluationState state, string userId, string currency)
    {
        var (authorized, captured) = state.Spend.GetValueOrDefault((userId, currency));
        return state.Venue.RulesCountFrom == CountFrom.Captured ? captured : authorized;
    }

    // One change raises at most one user's spend and lowers at most one, as when a transaction is assigned to another user.
    private static (string? RaisedUserId, (string UserId, string Currency)? Lowered) ApplyToSpend(
        EvaluationState state,
        TransactionChange change
    )
    {
        string? raisedUserId = null;
        (string, string)? lowered = null;
        foreach (var delta in SpendDelta.FromChanges([change]))
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
        return (raisedUserId, lowered);
    }
}
