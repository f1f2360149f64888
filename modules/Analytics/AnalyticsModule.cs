using Analytics.Revenues;
using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;

namespace Analytics;

/// <summary>Adds transactions up to revenue, and answers questions about revenue from the sums.</summary>
public static class AnalyticsModule
{
    public static IServiceCollection AddAnalytics(this IServiceCollection services)
    {
        services.AddModuleDatabase<AnalyticsDb>(AnalyticsDb.Schema);
        services.AddFeedReader<TransactionsChanged, AnalyticsDb, AddUpRevenue>(TransactionsChanged.Feed, AnalyticsDb.Schema);
        services.AddSingleton<RevenueReader>();
        return services
            .AddField<VenueRevenue>("Venue")
            .AddField<RevenueSeries>("Venue")
            .AddField<BusiestHours>("Venue")
            .AddField<RevenuePrevious>("Revenue")
            .AddField<RevenueByTier>("Revenue")
            .AddField<RevenueByPerformer>("Revenue")
            .AddField<LiveSessionRevenue>("LiveSession")
            .AddLiveFeed<IVenue, Revenue, LiveRevenueFeed>()
            .AddSubscription<RevenueChanged>();
    }
}
