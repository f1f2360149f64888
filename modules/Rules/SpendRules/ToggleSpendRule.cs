using GraphQL;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel;

namespace Rules.SpendRules;

/// <summary>Which rule to switch.</summary>
internal sealed record ToggleSpendRuleInput
{
    /// <summary>Which rule.</summary>
    [Id] public required string RuleId { get; init; }

    /// <summary>On or off; flips it when left out.</summary>
    public bool? Enabled { get; init; }
}

/// <summary>Switches a rule on or off; what it has unlocked stays. Owner or HEAD_MODERATOR. Errors: NOT_FOUND.</summary>
internal sealed class ToggleSpendRule(IDbContextFactory<RulesDb> dbs, IVenues venues, IClock clock)
{
    /// <param name="input">Which rule.</param>
    public async Task<SpendRulePayload> Handle(ToggleSpendRuleInput input, IResolveFieldContext context, CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        if (await db.RuleToChangeAsync(input.RuleId, venues, context.Caller(), ct) is not { } rule)
            return SpendRulePayload.NoSuchRule;
        rule.Enabled = input.Enabled ?? !rule.Enabled;
        rule.UpdatedAt = clock.Now();
        await db.SaveChangesAsync(ct);
        return new SpendRulePayload(rule, []);
    }
}
