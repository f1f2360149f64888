using GraphQL;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel;
using PosModular.Kernel.Schema;

namespace Rules.SpendRules;

/// <summary>What to change of a rule: a field left out stays, null clears liveWindow and performerId.</summary>
internal sealed record UpdateSpendRuleInput : PartialInput
{
    /// <summary>Which rule.</summary>
    [Id] public required string RuleId { get; init; }

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
    [Id] public string? PerformerId { get; init; }

    /// <summary>Higher ones are tried first.</summary>
    public int? Priority { get; init; }
}

/// <summary>Changes a rule; what it has unlocked stays. Owner or HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT.</summary>
internal sealed class UpdateSpendRule(IDbContextFactory<RulesDb> dbs, IVenues venues, IClock clock)
{
    /// <param name="input">What to change.</param>
    public async Task<SpendRulePayload> Handle(UpdateSpendRuleInput input, IResolveFieldContext context, CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        if (await db.RuleToChangeAsync(input.RuleId, venues, context.Caller(), ct) is not { } rule)
            return SpendRulePayload.NoSuchRule;
        var window = input.Gives("liveWindow") ? input.LiveWindow?.Read() : rule.LiveWindow;
        var liveOnly = input.LiveOnly ?? rule.LiveOnly;
        var threshold = input.Threshold is { } units ? RuleInput.Minor(units, rule.Currency) : rule.ThresholdMinor;
        UserError?[] wrong =
        [
            input.Name is null ? null : RuleInput.CheckName(input.Name), threshold is null ? RuleInput.BadThreshold(rule.Currency) : null,
            RuleInput.CheckWindow(liveOnly, window), RuleInput.CheckPerformer(input.PerformerId),
        ];
        if (wrong.OfType<UserError>().ToArray() is { Length: > 0 } errors)
            return SpendRulePayload.Failed(errors);

        rule.Name = input.Name?.Trim() ?? rule.Name;
        rule.ThresholdMinor = threshold!.Value;
        rule.UnlocksTier = input.UnlocksTier ?? rule.UnlocksTier;
        rule.GrantsAccess = input.GrantsAccess?.Distinct().Order().ToArray() ?? rule.GrantsAccess;
        rule.LiveOnly = liveOnly;
        rule.LiveWindow = window;
        rule.PerformerId = input.Gives("performerId") ? input.PerformerId : rule.PerformerId;
        rule.Priority = input.Priority ?? rule.Priority;
        rule.UpdatedAt = clock.Now();
        await db.SaveChangesAsync(ct);
        return new SpendRulePayload(rule, []);
    }
}
