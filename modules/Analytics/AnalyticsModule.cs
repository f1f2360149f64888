using Analytics.Reconciliations;
using Analytics.Revenues;
using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;

namespace Analytics;

/// <summary>Adds transactions up to revenue, answers questions about revenue from the sums, and reconciles them with the
/// providers.</summary>
public static class AnalyticsModule
{
    public static IServiceCollection AddAnalytics(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddModuleDatabase<AnalyticsDb>(AnalyticsDb.Schema);
        services.AddFeedReader<TransactionsChanged, AnalyticsDb, AddUpRevenue>(TransactionsChanged.Feed, AnalyticsDb.Schema);
        services.AddSingleton<RevenueReader>().AddSingleton<RevenueRebuild>();
        services.AddSingleton<RevenueRebuilds>().AddHostedService(s => s.GetRequiredService<RevenueRebuilds>());
        services.AddSingleton<IVenueRebuild, VenueRevenueRebuild>();
        services.AddSingleton(AnalyticsSettings.Read(configuration));
        services.AddSingleton<ReconciliationSignal>().AddSingleton<Reconciler>().AddSingleton<ReconciliationReader>();
        services.AddSingleton<ReconciliationRequests>().AddSingleton<IAlertSource, ReconciliationAlerts>();
        services.AddSingleton<ReconciliationScheduler>().AddHostedService(s => s.GetRequiredService<ReconciliationScheduler>());
        return services
            .AddQuery<GetPortfolioRevenue>()
            .AddField<VenueRevenue>("Venue")
            .AddField<RevenueSeries>("Venue")
            .AddField<BusiestHours>("Venue")
            .AddField<VenueReconciliation>("Venue")
            .AddField<VenueReconciliations>("Venue")
            .AddLiveFeed<IVenue, Reconciliation, LiveReconciliationFeed>()
            .AddSubscription<ReconciliationChanged>()
            .AddField<ReconciliationByConnection>("Reconciliation")
            .AddMutation<ReconcileDay>()
            .AddField<RevenuePrevious>("Revenue")
            .AddField<RevenueByTier>("Revenue")
            .AddField<RevenueByPerformer>("Revenue")
            .AddField<LiveSessionRevenue>("LiveSession")
            .AddLiveFeed<IVenue, Revenue, LiveRevenueFeed>()
            .AddSubscription<RevenueChanged>();
    }
}
