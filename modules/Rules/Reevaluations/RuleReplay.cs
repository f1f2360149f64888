using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;
using Rules.LiveSessions;
using Rules.SpendRules;
using Rules.Unlocks;

namespace Rules.Reevaluations;

/// <summary>An unlock that a rule would have given.</summary>
internal sealed record ReplayedUnlock(SpendRule Rule, SpendingTransaction Transaction, long SpendMinor);

/// <summary>Tries rules on past transactions as if they had been there at the time: user by user, in the order of the payments' times, with
/// a running sum. Refunds count from the payment on. Pure.</summary>
/// <param name="venue">The venue.</param>
/// <param name="rules">The rules to try.</param>
/// <param name="sessions">The live sessions that may contain one of the transactions.</param>
/// <param name="from">Only transactions from this moment on may unlock; those before count as spend.</param>
/// <param name="to">Only transactions before this moment may unlock.</param>
internal sealed class RuleReplay(IVenue venue, IReadOnlyCollection<SpendRule> rules, List<LiveSession> sessions, Instant? from, Instant? to)
{
    private readonly EvaluationState _state = new(venue, [], sessions, [], []);
    private readonly DateTimeZone _zone = venue.Zone();
    private string? _userId;

    /// <summary>What the next transaction unlocks. All transactions of a user must come one after another.</summary>
    public IReadOnlyList<ReplayedUnlock> Next(SpendingTransaction transaction)
    {
        if (transaction.UserId != _userId)
        {
            _userId = transaction.UserId;
            _state.Spend.Clear();
            _state.ActiveUnlocks.Clear();
        }
        var key = (transaction.UserId, transaction.Currency);
        var spend = checked(_state.Spend.GetValueOrDefault(key).Authorized + transaction.NetMinor);
        _state.Spend[key] = (spend, spend);
        if (
            transaction.NetMinor <= 0
            || transaction.OccurredAt < from
            || transaction.OccurredAt >= to
            || _state.ActiveUnlocks.Count == rules.Count
        )
            return [];
        var unlocks = new List<ReplayedUnlock>();
        var tried = new TriedTransaction(transaction.OccurredAt, transaction.Currency, transaction.RulesOff);
        foreach (var rule in rules)
        {
            var finding = RuleEvaluation.Try(_state, rule, transaction.UserId, tried, _zone);
            if (!finding.IsMet)
                continue;
            _state.ActiveUnlocks.Add(
                new ActiveUnlock(Guid.Empty, transaction.UserId, rule.Id, rule.UnlocksTier, rule.GrantsAccess, rule.Threshold)
            );
            unlocks.Add(new ReplayedUnlock(rule, transaction, finding.SpendMinor));
        }
        return unlocks;
    }
}
