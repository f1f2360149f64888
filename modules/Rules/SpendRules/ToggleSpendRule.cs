using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Rules.SpendRules;

/// <summary>The spend rule to switch on or off.</summary>
internal sealed record ToggleSpendRuleInput
{
    /// <summary>The id of the rule.</summary>
    [Id]
    public required string RuleId { get; init; }

    /// <summary>True switches the rule on and false switches it off; when left out, the rule changes to the other state.</summary>
    public bool? Enabled { get; init; }
}

/// <summary>Switches a spend rule on or off. What it has unlocked stays. The change is recorded in the audit log. Requires an owner of the
/// venue or HEAD_MODERATOR. Errors: NOT_FOUND.</summary>
internal sealed class ToggleSpendRule(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IAuditLog auditLog, IClock clock)
{
    /// <param name="input">The rule to switch.</param>
    public async Task<SpendRulePayload> HandleAsync(
        ToggleSpendRuleInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var caller = context.Caller();
        if (await db.FindRuleToChangeAsync(input.RuleId, venues, caller, cancellationToken) is not { } rule)
            return SpendRulePayload.NoSuchRule;
        var before = rule.Copy();
        rule.Enabled = input.Enabled ?? !rule.Enabled;
        if (SpendRuleText.DescribeChanges(before, rule) is { Length: > 0 } changes)
        {
            rule.UpdatedAt = clock.Now();
            await db.SaveAuditedAsync(
                auditLog,
                caller,
                rule.VenueId,
                "toggleSpendRule",
                rule.Id.ToString(),
                $"{rule.Name}: {changes}",
                cancellationToken
            );
        }
        return new SpendRulePayload(rule, []);
    }
}
