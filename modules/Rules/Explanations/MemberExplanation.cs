using System.Numerics;
using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;
using Rules.Members;
using Rules.Spend;
using Rules.Unlocks;

namespace Rules.Explanations;

/// <summary>Why this rule has or has not unlocked for the member, with each of its conditions. The member's newest 1,000 transactions are
/// looked at for the one that came nearest. Requires an owner of the venue. Errors: FORBIDDEN; INVALID_INPUT for a rule that the venue
/// does not have.</summary>
internal sealed class MemberExplanation(IDbContextFactory<RulesDb> dbFactory, ISpendHistory history)
{
    private const int MaxTransactions = 1_000;

    /// <param name="ruleId">The id of the rule, which may be switched off or deleted.</param>
    public async Task<RuleExplanation> ExplainAsync(
        [Parent] Member member,
        [Id] string ruleId,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var (venue, userId) = (member.Venue, member.UserId);
        context.Caller().Demand(Right.ViewTransactions, venue);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (
            !Guid.TryParse(ruleId, out var id)
            || await db.SpendRules.AsNoTracking().SingleOrDefaultAsync(r => r.VenueId == venue.Id && r.Id == id, cancellationToken)
                is not { } rule
        )
            throw ApiError.InvalidInput("The venue has no such rule. List its rules with venue { spendRules { id name } }.");
        var transactions = (await history.ListNewestAsync(venue.Id, userId, MaxTransactions, cancellationToken))
            .Where(t => t.Status.Counts(venue.RulesCountFrom))
            .ToArray();
        await db.Database.OpenConnectionAsync(cancellationToken);
        var states = await EvaluationStateReader.ReadAsync(
            (NpgsqlConnection)db.Database.GetDbConnection(),
            lockFeeds: false,
            [(venue.Id, userId)],
            new Dictionary<string, IVenue> { [venue.Id] = venue },
            transactions.Select(t => t.OccurredAt).DefaultIfEmpty(Instant.MaxValue).Min(),
            transactions.Select(t => t.OccurredAt).DefaultIfEmpty(Instant.MinValue).Max(),
            cancellationToken
        );
        var unlock = await db
            .Unlocks.AsNoTracking()
            .Where(u => u.VenueId == venue.Id && u.UserId == userId && u.RuleId == id)
            .OrderBy(u => u.RevokedAt != null)
            .ThenByDescending(u => u.Seq)
            .FirstOrDefaultAsync(cancellationToken);

        var (state, zone) = (states[venue.Id], venue.Zone());
        if (unlock is { RevokedAt: null })
        {
            // An unlock keeps what it was given for, whatever the rule needs and the member has spent since.
            var threshold = new Money(unlock.ThresholdMinor!.Value, unlock.Currency!);
            var spend = new Money(unlock.SpendMinor!.Value, unlock.Currency!);
            var at = transactions.FirstOrDefault(t => t.Id == unlock.TransactionId)?.OccurredAt;
            var met = RuleConditions.Describe(
                rule,
                UnmetConditions.None,
                spend,
                threshold,
                at,
                zone,
                state.Sessions,
                rule.UpdatedAt > unlock.UnlockedAt
            );
            return new RuleExplanation(rule, true, null, unlock.TransactionId, [], met);
        }

        var (nearest, finding) = transactions
            .Select(t =>
                (
                    Transaction: (SpendingTransaction?)t,
                    Finding: RuleEvaluation.Try(state, rule, userId, new(t.OccurredAt, t.Currency, t.RulesOff), zone)
                )
            )
            .DefaultIfEmpty((null, WithoutTransaction(state, rule, userId)))
            .MinBy(t => BitOperations.PopCount((ushort)t.Finding.Unmet));
        var reasons = RuleConditions.ReasonsOf(finding.Unmet).ToList();
        if (unlock is not null)
            reasons = [.. reasons.Append("REVOKED").Distinct()];
        else if (finding.IsMet)
            reasons.Add("NOT_TRIED_SINCE");
        return new RuleExplanation(
            rule,
            false,
            finding.SpendMinor < rule.ThresholdMinor ? new Money(rule.ThresholdMinor - finding.SpendMinor, rule.Currency) : null,
            nearest?.Id,
            reasons,
            RuleConditions.Describe(
                rule,
                finding.Unmet,
                new Money(finding.SpendMinor, rule.Currency),
                rule.Threshold,
                nearest?.OccurredAt,
                zone,
                state.Sessions
            )
        );
    }

    // Without a transaction nothing can be said of the conditions that are about its time. Any instant will do that has a local time.
    private static RuleFinding WithoutTransaction(EvaluationState state, SpendRules.SpendRule rule, string userId)
    {
        var finding = RuleEvaluation.Try(
            state,
            rule,
            userId,
            new TriedTransaction(NodaConstants.UnixEpoch, rule.Currency, false),
            state.Venue.Zone()
        );
        return finding with
        {
            Unmet = finding.Unmet & ~(UnmetConditions.LiveWindow | UnmetConditions.LiveSession | UnmetConditions.Performer),
        };
    }
}
