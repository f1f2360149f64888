using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;
using Rules.LiveSessions;
using Rules.Reevaluations;
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
        var evaluations = new Dictionary<Guid, TransactionFindings>();
        var seen = new Dictionary<string, (Instant First, Instant Last)>();
        var zone = state.Venue.Zone();
        foreach (var change in changes)
        {
            var (raisedUserId, lowered) = ApplyToSpend(state, change);
            if (change.After is { UserId: { } userId, OccurredAt: var at } && change.After.Status.IsPaid())
                seen[userId] = seen.TryGetValue(userId, out var span)
                    ? (Instant.Min(span.First, at), Instant.Max(span.Last, at))
                    : (at, at);
            if (raisedUserId is not null && state.EnabledRules.Count > 0)
                evaluations[change.TransactionId] = new TransactionFindings(
                    change.TransactionId,
                    change.Seq,
                    TryRules(state, change, raisedUserId, zone, newUnlocks, newId)
                );
            if (lowered is var (loweredUserId, currency) && state.Venue.UnlockPolicy == UnlockPolicy.Revoke)
                revokedUnlocks.AddRange(
                    RevokeBelowThreshold(
                        state,
                        loweredUserId,
                        currency,
                        newUnlocks,
                        "A refund took the spend below the threshold of the rule that gave this unlock."
                    )
                );
        }
        return new EvaluationResult(newUnlocks, revokedUnlocks, seen, [.. evaluations.Values]);
    }

    /// <summary>Tries one rule on one transaction of a user: the one place that decides whether a rule is met. What unlocks and what
    /// explains both call it, so an explanation never contradicts an unlock. Pure.</summary>
    public static RuleFinding Try(EvaluationState state, SpendRule rule, string userId, TriedTransaction transaction, DateTimeZone zone)
    {
        var spend = CountedSpend(state, userId, rule.Currency);
        var unmet = UnmetByTime(rule, transaction.OccurredAt, zone, state.Sessions);
        if (!rule.Enabled || rule.DeletedAt is not null)
            unmet |= UnmetConditions.Enabled;
        if (spend < rule.ThresholdMinor)
            unmet |= UnmetConditions.Spend;
        if (spend < rule.ThresholdMinor && transaction.Currency != rule.Currency)
            unmet |= UnmetConditions.Currency;
        if (transaction.RulesOff)
            unmet |= UnmetConditions.RulesOn;
        if (state.ActiveUnlocks.Any(u => u.RuleId == rule.Id && u.UserId == userId))
            unmet |= UnmetConditions.NotYetUnlocked;
        if (state.RevokedByHand.Contains((userId, rule.Id)))
            unmet |= UnmetConditions.NotRevokedByHand;
        return new RuleFinding(rule, spend, unmet);
    }

    /// <summary>Tries rules again on past transactions that were found to meet them, with the users' present spend and unlocks. Pure
    /// but for the state, which is updated.</summary>
    /// <param name="state">The venue's users and sessions.</param>
    /// <param name="candidates">What was found, in the order of the transactions' times.</param>
    /// <param name="reason">Why the rules are tried again, in words for people.</param>
    /// <param name="newId">Creates the id of an unlock.</param>
    public static EvaluationResult Reevaluate(
        EvaluationState state,
        IEnumerable<ReplayedUnlock> candidates,
        string reason,
        Func<Guid> newId
    )
    {
        var (unlocks, zone) = (new List<NewUnlock>(), state.Venue.Zone());
        foreach (var (rule, transaction, _) in candidates)
        {
            var tried = new TriedTransaction(transaction.OccurredAt, transaction.Currency, transaction.RulesOff);
            var finding = Try(state, rule, transaction.UserId, tried, zone);
            if (!finding.IsMet)
                continue;
            var unlock = NewUnlock.ByRule(newId(), rule, transaction.UserId, transaction.Id, finding.SpendMinor) with { Reason = reason };
            state.ActiveUnlocks.Add(unlock.ToActive());
            unlocks.Add(unlock);
        }
        return new EvaluationResult(unlocks, [], new Dictionary<string, (Instant, Instant)>(), []);
    }

    /// <summary>The conditions that a transaction at this time does not meet. The time is the transaction's own, not the present
    /// moment.</summary>
    public static UnmetConditions UnmetByTime(SpendRule rule, Instant at, DateTimeZone zone, IEnumerable<LiveSession> sessions)
    {
        var unmet = UnmetConditions.None;
        if (rule.LiveOnly && rule.LiveWindow is { } window && !window.Contains(at.InZone(zone).LocalDateTime))
            unmet |= UnmetConditions.LiveWindow;
        if (rule.PerformerId is { } performerId)
        {
            if (!sessions.Any(s => s.PerformerId == performerId && s.Contains(at)))
                unmet |= sessions.Any(s => s.Contains(at)) ? UnmetConditions.Performer : UnmetConditions.LiveSession;
        }
        else if (rule.LiveOnly && rule.LiveWindow is null && !sessions.Any(s => s.Contains(at)))
        {
            unmet |= UnmetConditions.LiveSession;
        }
        return unmet;
    }

    /// <summary>What a user has spent at the venue, as its rules count it, in minor units of the currency.</summary>
    public static long CountedSpend(EvaluationState state, string userId, string currency)
    {
        var (authorized, captured) = state.Spend.GetValueOrDefault((userId, currency));
        return state.Venue.RulesCountFrom == CountFrom.Captured ? captured : authorized;
    }

    private static RuleFinding[] TryRules(
        EvaluationState state,
        TransactionChange change,
        string userId,
        DateTimeZone zone,
        List<NewUnlock> newUnlocks,
        Func<Guid> newId
    )
    {
        var transaction = new TriedTransaction(change.After.OccurredAt, change.After.Currency, change.RulesOff);
        var findings = new RuleFinding[state.EnabledRules.Count];
        foreach (var (i, rule) in state.EnabledRules.Index())
        {
            findings[i] = Try(state, rule, userId, transaction, zone);
            if (!findings[i].IsMet)
                continue;
            var unlock = NewUnlock.ByRule(newId(), rule, userId, change.TransactionId, findings[i].SpendMinor);
            state.ActiveUnlocks.Add(unlock.ToActive());
            newUnlocks.Add(unlock);
        }
        return findings;
    }

    /// <summary>The unlocks of a user that their spend no longer reaches; they leave the state. An unlock keeps the threshold it was given
    /// under: a rule that is changed later revokes nothing. A grant by hand has no threshold.</summary>
    public static IEnumerable<RevokedUnlock> RevokeBelowThreshold(
        EvaluationState state,
        string userId,
        string currency,
        List<NewUnlock> newUnlocks,
        string reason
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
                yield return new RevokedUnlock(unlock, reason);
        }
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
