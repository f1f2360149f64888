using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Rules.SpendRules;

/// <summary>What to change of a rule: a field left out stays, null clears liveWindow and performerId.</summary>
internal sealed record UpdateSpendRuleInput : PartialInput
{
    /// <summary>Which rule.</summary>
    [Id]
    public required string RuleId { get; init; }

    /// <summary>For people; 1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>In units of the rule's currency.</summary>
    public decimal? Threshold { get; init; }

    /// <summary>What it unlocks from now on.</summary>
    public Tier? UnlocksTier { get; init; }

    /// <summary>What it opens from now on.</summary>
    public IReadOnlyList<AccessLevel>? GrantsAccess { get; init; }

    /// <summary>Whether only sales of the live window or, without one, of a live session count as the moment.</summary>
    public bool? LiveOnly { get; init; }

    /// <summary>When the sale must be; null clears it.</summary>
    public LiveWindowInput? LiveWindow { get; init; }

    /// <summary>Whose live session it must be; null clears it.</summary>
    [Id]
    public string? PerformerId { get; init; }

    /// <summary>Higher ones are tried first.</summary>
    public int? Priority { get; init; }
}

/// <summary>Changes a rule; what it has unlocked stays. Owner or HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT.</summary>
internal sealed class UpdateSpendRule(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IClock clock)
{
    /// <param name="input">What to change.</param>
    public async Task<SpendRulePayload> HandleAsync(
        UpdateSpendRuleInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (await db.FindRuleToChangeAsync(input.RuleId, venues, context.Caller(), cancellationToken) is not { } rule)
            return SpendRulePayload.NoSuchRule;
        var window = input.IsProvided("liveWindow") ? input.LiveWindow?.ToLiveWindow() : rule.LiveWindow;
        var liveOnly = input.LiveOnly ?? rule.LiveOnly;
        var threshold = input.Threshold is { } units ? SpendRuleValidator.ToMinorUnits(units, rule.Currency) : rule.ThresholdMinor;
        UserError?[] checks =
        [
            input.Name is null ? null : SpendRuleValidator.CheckName(input.Name),
            threshold is null ? SpendRuleValidator.InvalidThreshold(rule.Currency) : null,
            SpendRuleValidator.CheckWindow(liveOnly, window),
            SpendRuleValidator.CheckPerformer(input.PerformerId),
        ];
        if (checks.OfType<UserError>().ToArray() is { Length: > 0 } errors)
            return SpendRulePayload.Failed(errors);

        rule.Name = input.Name?.Trim() ?? rule.Name;
        rule.ThresholdMinor = threshold!.Value;
        rule.UnlocksTier = input.UnlocksTier ?? rule.UnlocksTier;
        rule.GrantsAccess = input.GrantsAccess?.Distinct().Order().ToArray() ?? rule.GrantsAccess;
        rule.LiveOnly = liveOnly;
        rule.LiveWindow = window;
        rule.PerformerId = input.IsProvided("performerId") ? input.PerformerId : rule.PerformerId;
        rule.Priority = input.Priority ?? rule.Priority;
        rule.UpdatedAt = clock.Now();
        await db.SaveChangesAsync(cancellationToken);
        return new SpendRulePayload(rule, []);
    }
}
