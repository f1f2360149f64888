using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using Rules.SpendRules;

namespace Rules.Simulations;

/// <summary>What this rule would have unlocked over the transactions that are there, as if it had been enabled from the beginning; nothing
/// is saved. Requires an owner of the venue. Errors: FORBIDDEN; INVALID_INPUT when it takes longer than 30 seconds.</summary>
internal sealed class SpendRuleSimulation(IDbContextFactory<RulesDb> dbFactory, RuleSimulator simulator, IVenues venues)
{
    /// <param name="from">Only transactions from this moment on may unlock; those before count as spend. All when left out.</param>
    /// <param name="to">Only transactions before this moment count. All when left out.</param>
    public IDataLoaderResult<RuleSimulation> Simulation(
        [Parent] SpendRule rule,
        IResolveFieldContext context,
        Instant? from = null,
        Instant? to = null
    ) =>
        BatchLoaders.Load<(Guid RuleId, Instant? From, Instant? To), RuleSimulation>(
            context,
            (typeof(SpendRuleSimulation), rule.VenueId),
            (rule.Id, from, to),
            async (keys, cancellationToken) =>
            {
                var venue = await venues.DemandAsync(rule.VenueId, Right.ViewTransactions, context.Caller(), cancellationToken);
                var ids = keys.Select(k => k.RuleId).Distinct().ToArray();
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var rules = await db
                    .SpendRules.AsNoTracking()
                    .Where(r => r.VenueId == rule.VenueId && ids.Contains(r.Id))
                    .ToDictionaryAsync(r => r.Id, cancellationToken);
                var simulations = new Dictionary<(Guid, Instant?, Instant?), RuleSimulation>();
                foreach (var key in keys)
                    simulations[key] = await simulator.SimulateAsync(
                        venue,
                        rules[key.RuleId].AsEnabled(),
                        key.From,
                        key.To,
                        cancellationToken
                    );
                return simulations;
            },
            null!
        );
}
