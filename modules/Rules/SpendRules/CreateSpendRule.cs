using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;
using Rules.Reevaluations;

namespace Rules.SpendRules;

/// <summary>A spend rule to create.</summary>
internal sealed record CreateSpendRuleInput
{
    /// <summary>The id of the venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The rule's name for people, 1 to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The lifetime spend that is needed, in units of the currency, above 0, e.g. 50 or "49.99".</summary>
    public required decimal Threshold { get; init; }

    /// <summary>The threshold's currency as an ISO 4217 code; the venue's when left out. Only spend in this currency counts.</summary>
    public string? Currency { get; init; }

    /// <summary>The tier that the rule unlocks.</summary>
    public required Tier UnlocksTier { get; init; }

    /// <summary>The access levels that the rule grants; none when left out.</summary>
    public IReadOnlyList<AccessLevel>? GrantsAccess { get; init; }

    /// <summary>True when only a transaction inside the live window or, without a window, during a live session can meet the
    /// rule.</summary>
    [DefaultAstValue("false")]
    public bool? LiveOnly { get; init; }

    /// <summary>The times of the week at which the transaction must take place, in the venue's local time. Requires liveOnly.</summary>
    public LiveWindowInput? LiveWindow { get; init; }

    /// <summary>The performer during whose live session the transaction must take place; left out when the performer does not
    /// matter.</summary>
    [Id]
    public string? PerformerId { get; init; }

    /// <summary>Rules with a higher priority are evaluated first.</summary>
    [DefaultAstValue("0")]
    public int? Priority { get; init; }

    /// <summary>Whether the rule is evaluated.</summary>
    [DefaultAstValue("true")]
    public bool? Enabled { get; init; }

    /// <summary>Whether the rule is also tried on the members who are there already, as applySpendRule does. Requires enabled.</summary>
    [DefaultAstValue("false")]
    public bool? ApplyToExisting { get; init; }
}

/// <summary>The spend rule, or why it could not be saved.</summary>
/// <param name="Rule">The rule as it is now; null when there are errors.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record SpendRulePayload(SpendRule? Rule, IReadOnlyList<UserError> Errors)
{
    public static SpendRulePayload Failed(params IReadOnlyList<UserError> errors) => new(null, errors);

    public static SpendRulePayload NoSuchRule { get; } =
        Failed(new UserError(ErrorCode.NotFound, "There is no such rule. List them with venue { spendRules { id name } }.", "ruleId"));
}

/// <summary>Creates a spend rule. It is evaluated for the first time at the next transaction that raises a guest's spend and, with
/// applyToExisting, for the members who are there already. It is recorded in the audit log. Requires an owner of the venue or
/// HEAD_MODERATOR. Errors: INVALID_INPUT.</summary>
internal sealed class CreateSpendRule(
    IDbContextFactory<RulesDb> dbFactory,
    IVenues venues,
    IAuditLog auditLog,
    FeedSignal signal,
    IClock clock
)
{
    /// <param name="input">The rule to create.</param>
    public async Task<SpendRulePayload> HandleAsync(
        CreateSpendRuleInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        var now = clock.Now();
        var (rule, errors) = ToRule(input, venue, now);
        if (rule is null)
            return SpendRulePayload.Failed(errors);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        db.Add(rule);
        if (input.ApplyToExisting == true)
            db.Add(ReevaluationRequests.OfRule(venue.Id, rule.Id, now));
        await db.SaveAuditedAsync(
            auditLog,
            caller,
            venue.Id,
            "createSpendRule",
            rule.Id.ToString(),
            SpendRuleText.Describe(rule) + (input.ApplyToExisting == true ? "; applied to the members who are there already" : ""),
            cancellationToken
        );
        if (input.ApplyToExisting == true)
            signal.Raise(Reevaluator.Signal, [venue.Id]);
        return new SpendRulePayload(rule, []);
    }

    /// <summary>The rule that the input describes; null with the errors of an invalid one.</summary>
    internal static (SpendRule? Rule, IReadOnlyList<UserError> Errors) ToRule(CreateSpendRuleInput input, IVenue venue, Instant now)
    {
        var currency = input.Currency ?? venue.Currency;
        var (window, liveOnly) = (input.LiveWindow?.ToLiveWindow(), input.LiveOnly ?? false);
        var threshold = SpendRuleValidator.ToMinorUnits(input.Threshold, currency);
        UserError?[] checks =
        [
            SpendRuleValidator.CheckName(input.Name),
            SpendRuleValidator.CheckCurrency(currency),
            threshold is null ? SpendRuleValidator.InvalidThreshold(currency) : null,
            SpendRuleValidator.CheckWindow(liveOnly, window),
            SpendRuleValidator.CheckPerformer(input.PerformerId),
            input is { ApplyToExisting: true, Enabled: false }
                ? UserError.Invalid("A rule that is switched off cannot be applied. Leave one of both out.", "applyToExisting")
                : null,
        ];
        if (checks.OfType<UserError>().ToArray() is { Length: > 0 } errors)
            return (null, errors);
        return (
            new SpendRule
            {
                Id = now.NewId(),
                VenueId = venue.Id,
                Name = input.Name.Trim(),
                Enabled = input.Enabled ?? true,
                Priority = input.Priority ?? 0,
                ThresholdMinor = threshold!.Value,
                Currency = currency,
                UnlocksTier = input.UnlocksTier,
                GrantsAccess = [.. (input.GrantsAccess ?? []).Distinct().Order()],
                LiveOnly = liveOnly,
                LiveWindow = window,
                PerformerId = input.PerformerId,
                CreatedAt = now,
                UpdatedAt = now,
            },
            []
        );
    }
}
