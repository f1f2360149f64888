using Analytics.Revenues;
using Ingestion.Contracts;
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
        return services.AddField<VenueRevenue>("Venue").AddField<RevenueSeries>("Venue");
    }
}
