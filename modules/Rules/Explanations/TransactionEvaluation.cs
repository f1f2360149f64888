using GraphQL;
using GraphQL.DataLoader;
using GraphQLParser.AST;
using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using Rules.LiveSessions;
using Rules.Spend;
using Rules.SpendRules;
using Rules.Unlocks;

namespace Rules.Explanations;

/// <summary>What the rules made of a transaction.</summary>
/// <param name="State">EVALUATED: the rules were tried. WAITING: they have not reached its latest change yet, which takes less than a
/// second as a rule. NO_USER: it is matched to nobody. RULES_OFF: its connection excludes it from rules (processRules: false). NOT_COUNTED:
/// it is pending, canceled, failed or, where the venue counts captured payments only, not captured. DEAD_LETTER: a change of it could not
/// be evaluated; it is retried.</param>
/// <param name="Rules">What each rule that was enabled said when the transaction last raised the member's spend, in the order of
/// evaluation. Empty unless the state is EVALUATED, when no rule was enabled, and for a transaction that has never raised the
/// spend.</param>
internal sealed record Evaluation(string State, IReadOnlyList<RuleExplanation> Rules)
{
    public static Evaluation Of(string state) => new(state, []);
}

/// <summary>What the rules made of this transaction, or why none was tried. In the payload of a mutation, the rules have followed the
/// change, unless they take longer than two seconds.</summary>
internal sealed class TransactionEvaluation(
    IDbContextFactory<RulesDb> dbFactory,
    IVenues venues,
    ISpendHistory history,
    EvaluationProgress progress
)
{
    public IDataLoaderResult<Evaluation> Evaluation([Parent] ITransaction transaction, IResolveFieldContext context) =>
        BatchLoaders.Load(
            context,
            (typeof(TransactionEvaluation), transaction.VenueId),
            transaction,
            (transactions, cancellationToken) =>
                EvaluateAsync(transactions, context.Operation.Operation == OperationType.Mutation, cancellationToken),
            Explanations.Evaluation.Of("WAITING")
        );

    private async Task<IReadOnlyDictionary<ITransaction, Evaluation>> EvaluateAsync(
        IReadOnlyList<ITransaction> transactions,
        bool wait,
        CancellationToken cancellationToken
    )
    {
        var venueId = transactions[0].VenueId;
        if (wait)
            await progress.WaitAsync(venueId, transactions.Max(t => t.Seq), cancellationToken);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var venue = (await venues.FindAsync(venueId, cancellationToken))!;
        var position = await db
            .FeedPositions.AsNoTracking()
            .Where(p => p.Source == TransactionsChanged.Feed && p.VenueId == venueId)
            .Select(p => p.Seq)
            .SingleOrDefaultAsync(cancellationToken);
        var deadLetters = await db
            .FeedDeadLetters.AsNoTracking()
            .Where(d => d.Source == TransactionsChanged.Feed && d.VenueId == venueId)
            .Select(d => d.Seq)
            .ToListAsync(cancellationToken);
        var failed =
            deadLetters.Count == 0 ? [] : (await history.FindTransactionsAsync(venueId, deadLetters, cancellationToken)).Values.ToHashSet();

        string StateOf(ITransaction t) =>
            failed.Contains(t.Id) ? "DEAD_LETTER"
            : t.UserId is null ? "NO_USER"
            : position < t.Seq ? "WAITING"
            : t.RulesOff ? "RULES_OFF"
            : !t.Status.Counts(venue.RulesCountFrom) ? "NOT_COUNTED"
            : "EVALUATED";

        var states = transactions.ToDictionary(t => t, StateOf);
        var explanations = await ExplainAsync(
            db,
            venue,
            [.. states.Where(s => s.Value == "EVALUATED").Select(s => s.Key)],
            cancellationToken
        );
        return states.ToDictionary(s => s.Key, s => new Evaluation(s.Value, explanations.GetValueOrDefault(s.Key.Id, [])));
    }

    private static async Task<Dictionary<Guid, IReadOnlyList<RuleExplanation>>> ExplainAsync(
        RulesDb db,
        IVenue venue,
        ITransaction[] transactions,
        CancellationToken cancellationToken
    )
    {
        if (transactions.Length == 0)
            return [];
        var ids = transactions.Select(t => t.Id).ToArray();
        var evaluations = await db
            .Evaluations.AsNoTracking()
            .Where(e => e.VenueId == venue.Id && ids.Contains(e.TransactionId))
            .ToDictionaryAsync(e => e.TransactionId, cancellationToken);
        var ruleIds = evaluations.Values.SelectMany(e => e.RuleIds).Distinct().ToArray();
        var rules = await db
            .SpendRules.AsNoTracking()
            .Where(r => r.VenueId == venue.Id && ruleIds.Contains(r.Id))
            .ToDictionaryAsync(r => r.Id, cancellationToken);
        var unlocks = (
            await db
                .Unlocks.AsNoTracking()
                .Where(u => u.VenueId == venue.Id && u.RuleId != null && ids.Contains(u.TransactionId!.Value))
                .OrderBy(u => u.Seq)
                .ToListAsync(cancellationToken)
        ).ToLookup(u => (u.TransactionId!.Value, u.RuleId!.Value));
        var (from, to) = (transactions.Min(t => t.OccurredAt), transactions.Max(t => t.OccurredAt));
        var sessions = await db
            .LiveSessions.AsNoTracking()
            .Where(s => s.VenueId == venue.Id && s.StartedAt <= to && (s.EndedAt == null || s.EndedAt > from))
            .ToListAsync(cancellationToken);
        return transactions
            .Where(t => evaluations.ContainsKey(t.Id))
            .ToDictionary(
                t => t.Id,
                IReadOnlyList<RuleExplanation> (t) =>
                    [
                        .. evaluations[t.Id]
                            .RuleIds.Index()
                            .Where(r => rules.ContainsKey(r.Item))
                            .Select(r =>
                                Explain(
                                    t,
                                    evaluations[t.Id],
                                    r.Index,
                                    rules[r.Item],
                                    unlocks[(t.Id, r.Item)].LastOrDefault(),
                                    venue,
                                    sessions
                                )
                            ),
                    ]
            );
    }

    private static RuleExplanation Explain(
        ITransaction transaction,
        EvaluationRow evaluation,
        int index,
        SpendRule rule,
        UnlockRow? unlock,
        IVenue venue,
        List<LiveSession> sessions
    )
    {
        var unmet = (UnmetConditions)evaluation.Unmet[index];
        var (spend, threshold) = (evaluation.SpendMinor[index], evaluation.ThresholdMinor[index]);
        // A transaction that has unlocked the rule raised the spend again later, as with a tip.
        if (unlock is { RevokedAt: null })
            unmet &= ~UnmetConditions.NotYetUnlocked;
        var unlocked = unlock is { RevokedAt: null };
        var reasons = RuleConditions.ReasonsOf(unmet).ToList();
        // What was unlocked and revoked within one batch was never written as an unlock.
        if (!unlocked && (unlock is not null || unmet == UnmetConditions.None))
            reasons = [.. reasons.Append("REVOKED").Distinct()];
        return new RuleExplanation(
            rule,
            unlocked,
            spend < threshold ? new Money(threshold - spend, rule.Currency) : null,
            transaction.Id,
            unlocked ? [] : reasons,
            RuleConditions.Describe(
                rule,
                unmet,
                new Money(spend, rule.Currency),
                new Money(threshold, rule.Currency),
                transaction.OccurredAt,
                venue.Zone(),
                sessions,
                rule.UpdatedAt > evaluation.At
            )
        );
    }
}
