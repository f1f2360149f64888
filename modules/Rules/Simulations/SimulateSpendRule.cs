using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;
using Rules.SpendRules;

namespace Rules.Simulations;

/// <summary>What a rule that does not exist yet would have unlocked over the transactions that are there; nothing is saved. Requires an
/// owner of the venue. Errors: FORBIDDEN; INVALID_INPUT, also when it takes longer than 30 seconds.</summary>
internal sealed class SimulateSpendRule(RuleSimulator simulator, IClock clock)
{
    /// <param name="rule">The rule as it would be created, at this venue; enabled and applyToExisting do not matter.</param>
    /// <param name="from">Only transactions from this moment on may unlock; those before count as spend. All when left out.</param>
    /// <param name="to">Only transactions before this moment count. All when left out.</param>
    public async Task<RuleSimulation> HandleAsync(
        [Parent] IVenue venue,
        CreateSpendRuleInput rule,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        Instant? from = null,
        Instant? to = null
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        if (rule.VenueId != venue.Id)
            throw ApiError.InvalidInput("rule.venueId must be the id of this venue.");
        var (draft, errors) = CreateSpendRule.ToRule(rule with { Enabled = true }, venue, clock.Now());
        if (draft is null)
            throw ApiError.InvalidInput($"{errors[0].Message} (rule.{errors[0].Field})");
        return await simulator.SimulateAsync(venue, draft, from, to, cancellationToken);
    }
}
