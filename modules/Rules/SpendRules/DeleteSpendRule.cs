using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Rules.SpendRules;

/// <summary>The spend rule to delete.</summary>
internal sealed record DeleteSpendRuleInput
{
    /// <summary>The id of the rule.</summary>
    [Id]
    public required string RuleId { get; init; }
}

/// <summary>Deletes a spend rule and returns it as it was. What it has unlocked stays. The rule is recorded in the audit log. Requires an
/// owner of the venue or HEAD_MODERATOR. Errors: NOT_FOUND.</summary>
internal sealed class DeleteSpendRule(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IAuditLog auditLog, IClock clock)
{
    /// <param name="input">The rule to delete.</param>
    public async Task<SpendRulePayload> HandleAsync(
        DeleteSpendRuleInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var caller = context.Caller();
        if (await db.FindRuleToChangeAsync(input.RuleId, venues, caller, cancellationToken) is not { } rule)
            return SpendRulePayload.NoSuchRule;
        // The row stays, so that an unlock can still name its rule.
        rule.DeletedAt = clock.Now();
        await db.SaveAuditedAsync(
            auditLog,
            caller,
            rule.VenueId,
            "deleteSpendRule",
            rule.Id.ToString(),
            SpendRuleText.Describe(rule),
            cancellationToken
        );
        return new SpendRulePayload(rule, []);
    }
}
