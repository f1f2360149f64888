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

/// <summary>Switches a spend rule on or off. What it has unlocked stays. Requires an owner of the venue or HEAD_MODERATOR. Errors:
/// NOT_FOUND.</summary>
internal sealed class ToggleSpendRule(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IClock clock)
{
    /// <param name="input">The rule to switch.</param>
    public async Task<SpendRulePayload> HandleAsync(
        ToggleSpendRuleInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (await db.FindRuleToChangeAsync(input.RuleId, venues, context.Caller(), cancellationToken) is not { } rule)
            return SpendRulePayload.NoSuchRule;
        rule.Enabled = input.Enabled ?? !rule.Enabled;
        rule.UpdatedAt = clock.Now();
        await db.SaveChangesAsync(cancellationToken);
        return new SpendRulePayload(rule, []);
    }
}
