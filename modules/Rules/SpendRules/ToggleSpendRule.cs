using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Rules.SpendRules;

/// <summary>Which rule to switch.</summary>
internal sealed record ToggleSpendRuleInput
{
    /// <summary>Which rule.</summary>
    [Id]
    public required string RuleId { get; init; }

    /// <summary>On or off; flips it when left out.</summary>
    public bool? Enabled { get; init; }
}

/// <summary>Switches a rule on or off; what it has unlocked stays. Owner or HEAD_MODERATOR. Errors: NOT_FOUND.</summary>
internal sealed class ToggleSpendRule(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IClock clock)
{
    /// <param name="input">Which rule.</param>
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
