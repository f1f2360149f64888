using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Rules.SpendRules;

/// <summary>The changes to a spend rule. A field that is left out stays as it is; null clears liveWindow and performerId.</summary>
internal sealed record UpdateSpendRuleInput : PartialInput
{
    /// <summary>The id of the rule.</summary>
    [Id]
    public required string RuleId { get; init; }

    /// <summary>The rule's name for people, 1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>The lifetime spend that is needed from now on, in units of the rule's currency, above 0.</summary>
    public decimal? Threshold { get; init; }

    /// <summary>The tier that the rule unlocks from now on.</summary>
    public Tier? UnlocksTier { get; init; }

    /// <summary>The access levels that the rule grants from now on.</summary>
    public IReadOnlyList<AccessLevel>? GrantsAccess { get; init; }

    /// <summary>True when only a transaction inside the live window or, without a window, during a live session can meet the
    /// rule.</summary>
    public bool? LiveOnly { get; init; }

    /// <summary>The times of the week at which the transaction must take place; null removes the condition.</summary>
    public LiveWindowInput? LiveWindow { get; init; }

    /// <summary>The performer during whose live session the transaction must take place; null removes the condition.</summary>
    [Id]
    public string? PerformerId { get; init; }

    /// <summary>Rules with a higher priority are evaluated first.</summary>
    public int? Priority { get; init; }
}

/// <summary>Changes a spend rule. What it has unlocked stays, and keeps the threshold it was given under. The change is recorded in the
/// audit log. Requires an owner of the venue or HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT.</summary>
internal sealed class UpdateSpendRule(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IAuditLog auditLog, IClock clock)
{
    /// <param name="input">The rule and its changes.</param>
    public async Task<SpendRulePayload> HandleAsync(
        UpdateSpendRuleInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var caller = context.Caller();
        if (await db.FindRuleToChangeAsync(input.RuleId, venues, caller, cancellationToken) is not { } rule)
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

        var before = rule.Copy();
        rule.Name = input.Name?.Trim() ?? rule.Name;
        rule.ThresholdMinor = threshold!.Value;
        rule.UnlocksTier = input.UnlocksTier ?? rule.UnlocksTier;
        rule.GrantsAccess = input.GrantsAccess?.Distinct().Order().ToArray() ?? rule.GrantsAccess;
        rule.LiveOnly = liveOnly;
        rule.LiveWindow = window;
        rule.PerformerId = input.IsProvided("performerId") ? input.PerformerId : rule.PerformerId;
        rule.Priority = input.Priority ?? rule.Priority;
        if (SpendRuleText.DescribeChanges(before, rule) is { Length: > 0 } changes)
        {
            rule.UpdatedAt = clock.Now();
            await db.SaveAuditedAsync(
                auditLog,
                caller,
                rule.VenueId,
                "updateSpendRule",
                rule.Id.ToString(),
                $"{before.Name}: {changes}",
                cancellationToken
            );
        }
        return new SpendRulePayload(rule, []);
    }
}
