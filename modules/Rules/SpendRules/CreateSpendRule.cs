using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Rules.SpendRules;

/// <summary>A new rule.</summary>
internal sealed record CreateSpendRuleInput
{
    /// <summary>Which venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>For people; 1 to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>In units of the currency, e.g. 50 or "49.99".</summary>
    public required decimal Threshold { get; init; }

    /// <summary>ISO 4217; the venue's when left out.</summary>
    public string? Currency { get; init; }

    /// <summary>What it unlocks.</summary>
    public required Tier UnlocksTier { get; init; }

    /// <summary>What it opens; nothing when left out.</summary>
    public IReadOnlyList<AccessLevel>? GrantsAccess { get; init; }

    /// <summary>Whether only sales of the live window or, without one, of a live session count as the moment.</summary>
    [DefaultAstValue("false")]
    public bool? LiveOnly { get; init; }

    /// <summary>When the sale must be, in the venue's local time; needs liveOnly.</summary>
    public LiveWindowInput? LiveWindow { get; init; }

    /// <summary>Whose live session it must be.</summary>
    [Id]
    public string? PerformerId { get; init; }

    /// <summary>Higher ones are tried first.</summary>
    [DefaultAstValue("0")]
    public int? Priority { get; init; }

    /// <summary>Whether it is tried.</summary>
    [DefaultAstValue("true")]
    public bool? Enabled { get; init; }
}

/// <summary>The rule, or what was wrong.</summary>
/// <param name="Rule">Null when there are errors.</param>
/// <param name="Errors">Empty when it went well.</param>
internal sealed record SpendRulePayload(SpendRule? Rule, IReadOnlyList<UserError> Errors)
{
    public static SpendRulePayload Failed(params IReadOnlyList<UserError> errors) => new(null, errors);

    public static SpendRulePayload NoSuchRule { get; } =
        Failed(new UserError(ErrorCode.NotFound, "There is no such rule. List them with venue { spendRules { id name } }.", "ruleId"));
}

/// <summary>Makes a rule. It is tried at the next sale that raises a guest's spend. Owner or HEAD_MODERATOR. Errors: INVALID_INPUT.</summary>
internal sealed class CreateSpendRule(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IClock clock)
{
    /// <param name="input">The new rule.</param>
    public async Task<SpendRulePayload> HandleAsync(
        CreateSpendRuleInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, context.Caller(), cancellationToken);
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
        ];
        if (checks.OfType<UserError>().ToArray() is { Length: > 0 } errors)
            return SpendRulePayload.Failed(errors);

        var now = clock.Now();
        var rule = new SpendRule
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
        };
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        db.Add(rule);
        await db.SaveChangesAsync(cancellationToken);
        return new SpendRulePayload(rule, []);
    }
}
