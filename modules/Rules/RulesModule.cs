using Ingestion.Contracts;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;
using Rules.Spend;

namespace Rules;

/// <summary>What guests have spent and what that unlocks.</summary>
public static class RulesModule
{
    public static IServiceCollection AddRules(this IServiceCollection services)
    {
        services.AddModuleDatabase<RulesDb>(RulesDb.Schema);
        services.AddFeedReader<TransactionsChanged, RulesDb, AddUpSpend>(TransactionsChanged.Feed, RulesDb.Schema);
        return services.AddField<VenueMember>("Venue");
    }
}
