using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;
using Rules.SpendRules;

namespace Rules.Reevaluations;

/// <summary>The rule to apply.</summary>
internal sealed record ApplySpendRuleInput
{
    /// <summary>The id of the rule.</summary>
    [Id]
    public required string RuleId { get; init; }
}

/// <summary>How far the application of a rule has come.</summary>
/// <param name="Rule">The rule; null when there are errors.</param>
/// <param name="MembersUnlocked">The members for whom the rule has unlocked so far.</param>
/// <param name="Finished">Whether all members have been tried. If not, read SpendRule.lastApplication later.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record ApplySpendRulePayload(SpendRule? Rule, long MembersUnlocked, bool Finished, IReadOnlyList<UserError> Errors)
{
    public static ApplySpendRulePayload Failed(params IReadOnlyList<UserError> errors) => new(null, 0, false, errors);
}

/// <summary>Tries a rule on the members who are there already, in the background; it is recorded in the audit log. It unlocks for members
/// whose spend meets the threshold now and who had a transaction, at which the rule would have unlocked if it had been there. An unlock
/// that was revoked by hand stays revoked. While an application of the rule is under way, no second one begins. Waits up to two seconds
/// for the end. For owners of the venue and HEAD_MODERATOR. Errors: NOT_FOUND; CONFLICT when the rule is switched off.</summary>
internal sealed class ApplySpendRule(
    IDbContextFactory<RulesDb> dbFactory,
    IVenues venues,
    IAuditLog auditLog,
    FeedSignal signal,
    IClock clock,
    TimeProvider time
)
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <param name="input">The rule to apply.</param>
    public async Task<ApplySpendRulePayload> HandleAsync(
        ApplySpendRuleInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (await db.FindRuleToChangeAsync(input.RuleId, venues, caller, cancellationToken) is not { } rule)
            return ApplySpendRulePayload.Failed(SpendRulePayload.NoSuchRule.Errors);
        if (!rule.Enabled)
            return ApplySpendRulePayload.Failed(
                new UserError(ErrorCode.Conflict, "The rule is switched off. Switch it on first with toggleSpendRule.", "ruleId")
            );
        var underWay = db.Reevaluations.AsNoTracking().Where(r => r.VenueId == rule.VenueId && r.RuleId == rule.Id);
        var id = await underWay.Where(r => r.FinishedAt == null).Select(r => (Guid?)r.Id).SingleOrDefaultAsync(cancellationToken);
        if (id is null)
        {
            var work = ReevaluationRequests.OfRule(rule.VenueId, rule.Id, clock.Now());
            db.Add(work);
            await db.SaveAuditedAsync(
                auditLog,
                caller,
                rule.VenueId,
                "applySpendRule",
                rule.Id.ToString(),
                $"{rule.Name} to the members who are there already",
                cancellationToken
            );
            signal.Raise(Reevaluator.Signal, [rule.VenueId]);
            id = work.Id;
        }
        var startedAt = time.GetTimestamp();
        while (true)
        {
            var progress = await underWay.SingleAsync(r => r.Id == id, cancellationToken);
            if (progress.FinishedAt is not null || time.GetElapsedTime(startedAt) > MaxWait)
                return new ApplySpendRulePayload(rule, progress.MembersUnlocked, progress.FinishedAt is not null, []);
            await time.DelayAsync(PollInterval, cancellationToken);
        }
    }
}
