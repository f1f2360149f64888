using Ingestion.Cards;
using Ingestion.Claims;
using Ingestion.Contracts;
using Ingestion.Identities;
using Ingestion.Ledger;
using Ingestion.Members;
using Ingestion.Orders;
using Ingestion.Rebuilds;
using Ingestion.Reconciliations;
using Ingestion.Refunds;
using Ingestion.Syncs;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts.Venues;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;

namespace Ingestion;

/// <summary>Takes in what the providers report, keeps one transaction per payment with its whole history, and publishes the
/// changes.</summary>
public static class IngestionModule
{
    /// <summary>Registers the module. Throws SettingException when a setting is malformed.</summary>
    public static IServiceCollection AddIngestion(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddModuleDatabase<IngestionDb>(IngestionDb.Schema);
        services.AddFeedSource(TransactionFeed.Source).AddFeedSource(TransactionEvents.Source);
        services.AddSingleton(IngestionSettings.Read(configuration));

        services.AddSingleton<QueryPlanRefresh>().AddHostedService(s => s.GetRequiredService<QueryPlanRefresh>());
        services.AddSingleton<OrderFetchSignal>();
        services.AddSingleton<Func<BatchWriter>>(s => () => ActivatorUtilities.CreateInstance<BatchWriter>(s));
        services.AddSingleton<WebhookEndpoint>();
        services.AddSingleton<WebhookWriteQueue>().AddHostedService(s => s.GetRequiredService<WebhookWriteQueue>());
        services.AddSingleton<OrderFetchQueue>();
        services.AddSingleton<OrderFetcher>().AddHostedService(s => s.GetRequiredService<OrderFetcher>());
        services.AddSingleton<EventReplay>();
        services.AddSingleton<EventRetention>().AddHostedService(s => s.GetRequiredService<EventRetention>());
        services.AddSingleton<SyncSignal>().AddSingleton<LiveSyncRuns>().AddSingleton<SyncWorker>();
        services.AddSingleton<SyncScheduler>().AddHostedService(s => s.GetRequiredService<SyncScheduler>());
        services.AddSingleton<LiveTransactions>().AddLiveFeed<IVenue, TransactionEvent, LiveTransactionFeed>();
        services.AddScoped<QueryFeedHeads>();
        services.AddSingleton<ICardHolders, CardHolders>().AddSingleton<ISalesHistory, TransactionSums>();
        services.AddSingleton<ISpendHistory, SpendHistory>().AddSingleton<ISpendTotals, SpendTotals>();
        services.AddSingleton<VenueRebuilds>();
        services.AddSingleton<TransactionAssigner>().AddSingleton<IdentityLinker>().AddSingleton<IGuestMerges, GuestMerges>();
        services.AddSingleton<IProviderComparison, ProviderComparison>().AddSingleton<IQuarterHourSums, QuarterHourSums>();
        services.AddSingleton<IOutages, Outages>();
        services.AddSingleton<TransactionSelections>().AddSingleton<TransactionsCsv>();

        services.AddSingleton<IAlertSource, QuietAlerts>();

        return services
            .AddSingleton<INodeSource, TransactionNodes>()
            .AddSingleton<INodeSource, SyncRunNodes>()
            .AddField<VenueFeedCursor>("Venue")
            .AddField<VenueTransactions>("Venue")
            .AddField<TransactionConnectionTotals>("TransactionConnection")
            .AddField<VenueTransaction>("Venue")
            .AddField<VenueMatchRate>("Venue")
            .AddField<VenueTopSpenders>("Venue")
            .AddField<TransactionCount>("PosConnection")
            .AddField<QuietSince>("PosConnection")
            .AddField<VenueWebhookEvents>("Venue")
            .AddField<VenueWebhookEvent>("Venue")
            .AddField<WebhookPayload>("WebhookEvent")
            .AddField<TransactionHistory>("Transaction")
            .AddField<ConnectionSyncRuns>("PosConnection")
            .AddField<LastSyncAt>("SyncSettings")
            .AddField<NextSyncAt>("SyncSettings")
            .AddMutation<SyncTransactions>()
            .AddSubscription<SyncProgressed>()
            .AddField<TransactionRefunds>("Transaction")
            .AddQuery<UnroutedWebhookEvents>()
            .AddMutation<ReplayWebhookEvents>()
            .AddMutation<LinkCard>()
            .AddMutation<UnlinkCard>()
            .AddMutation<LinkIdentity>()
            .AddMutation<CreateClaimCode>()
            .AddMutation<ClaimTransaction>()
            .AddMutation<ForgetMember>()
            .AddMutation<RebuildVenue>()
            .AddMutation<UnlinkIdentity>()
            .AddField<MemberIdentities>("Member")
            .AddField<LinkCardTransactions>("LinkCardPayload")
            .AddMutation<AssignTransaction>()
            .AddSubscription<TransactionAdded>()
            .AddSubscription<TransactionChanged>();
    }

    /// <summary>Maps the routes for webhooks and for the CSV export.</summary>
    public static IEndpointRouteBuilder MapIngestion(this IEndpointRouteBuilder routes)
    {
        routes.ServiceProvider.GetRequiredService<WebhookEndpoint>().Map(routes);
        routes.ServiceProvider.GetRequiredService<TransactionsCsv>().Map(routes);
        return routes;
    }
}
