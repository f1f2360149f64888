using Ingestion.Contracts;
using Integrations.Contracts;
using NodaTime;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>When a rule fires: pure. On each change that raises a matched user's spend, the rules are tried in their order and every one that
/// holds unlocks, once per rule and user. Refunds never unlock.</summary>
internal static class Evaluation
{
    /// <param name="standing">What is known; its spend and held unlocks are moved on.</param>
    /// <param name="changes">One venue's, in the order of the feed.</param>
    /// <param name="newId">Makes an id for an unlock.</param>
    public static Verdict Judge(Standing standing, IEnumerable<TransactionChange> changes, Func<Guid> newId)
    {
        var (fired, takenBack, seen) = (new List<Fired>(), new List<TakenBack>(), new Dictionary<string, (Instant, Instant)>());
        var zone = standing.Venue.Zone();
        foreach (var change in changes)
        {
            var raised = Move(standing, change, out var lowered);
            if (change.After is { UserId: { } user } sale && sale.Status.IsPaid())
                seen[user] = seen.TryGetValue(user, out var s) ? (Instant.Min(s.Item1, sale.OccurredAt), Instant.Max(s.Item2, sale.OccurredAt)) : (sale.OccurredAt, sale.OccurredAt);
            if (raised is not null && !change.RulesOff)
                fired.AddRange(Fire(standing, change, raised, zone, newId));
            if (lowered is { } less && standing.Venue.UnlockPolicy == UnlockPolicy.Revoke)
                takenBack.AddRange(TakeBack(standing, less.UserId, less.Currency, fired));
        }
        return new Verdict(fired, takenBack, seen);
    }

    /// <summary>Whether the rule's time conditions hold for a sale of that moment: its own time, not now.</summary>
    public static bool IsMoment(SpendRule rule, Instant at, DateTimeZone zone, IEnumerable<LiveSessions.LiveSession> sessions) =>
        (!rule.LiveOnly || rule.LiveWindow is not { } window || window.Holds(at.InZone(zone).LocalDateTime))
        && (rule.PerformerId is { } performer ? sessions.Any(s => s.PerformerId == performer && s.Holds(at))
            : !rule.LiveOnly || rule.LiveWindow is not null || sessions.Any(s => s.Holds(at)));

    private static IEnumerable<Fired> Fire(Standing standing, TransactionChange change, string user, DateTimeZone zone, Func<Guid> newId)
    {
        foreach (var rule in standing.Rules)
        {
            if (standing.Held.Any(h => h.RuleId == rule.Id && h.UserId == user) || !IsMoment(rule, change.After.OccurredAt, zone, standing.Sessions))
                continue;
            var spend = Counted(standing, user, rule.Currency);
            if (spend < rule.ThresholdMinor)
                continue;
            var unlock = new Fired(newId(), rule, user, change.TransactionId, spend);
            standing.Held.Add(new Held(unlock.Id, user, rule.Id, rule.UnlocksTier, rule.GrantsAccess));
            yield return unlock;
        }
    }

    // Only what a rule gave for spend of that currency is taken back; a grant by hand has no threshold.
    private static IEnumerable<TakenBack> TakeBack(Standing standing, string user, string currency, List<Fired> fired)
    {
        foreach (var held in standing.Held.Where(h => h.UserId == user && h.RuleId is not null).ToArray())
        {
            if (!standing.AllRules.TryGetValue(held.RuleId!.Value, out var rule) || rule.Currency != currency || Counted(standing, user, currency) >= rule.ThresholdMinor)
                continue;
            standing.Held.Remove(held);
            // Given and taken within one batch: as if it had not been, since nobody has seen it.
            if (fired.RemoveAll(f => f.Id == held.Id) == 0)
                yield return new TakenBack(held, "The spend fell below the rule's threshold.");
        }
    }

    private static long Counted(Standing standing, string user, string currency)
    {
        var (authorized, captured) = standing.Spend.GetValueOrDefault((user, currency));
        return standing.Venue.RulesCountFrom == CountFrom.Captured ? captured : authorized;
    }

    // Moves the spend; answers whose was raised and whose was lowered, as the venue counts.
    private static string? Move(Standing standing, TransactionChange change, out (string UserId, string Currency)? lowered)
    {
        string? raised = null;
        lowered = null;
        foreach (var delta in Rules.Spend.SpendDelta.Of([change]))
        {
            var sum = standing.Spend.GetValueOrDefault((delta.UserId, delta.Currency));
            standing.Spend[(delta.UserId, delta.Currency)] = checked((sum.Authorized + delta.AuthorizedMinor, sum.Captured + delta.CapturedMinor));
            var moved = standing.Venue.RulesCountFrom == CountFrom.Captured ? delta.CapturedMinor : delta.AuthorizedMinor;
            if (moved > 0)
                raised = delta.UserId;
            else if (moved < 0)
                lowered = (delta.UserId, delta.Currency);
        }
        return raised;
    }
}
