using Integrations.Alerts;
using Integrations.Audit;
using Integrations.Connections;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Integrations.Contracts.Webhooks;
using Integrations.Credentials;
using Integrations.OutgoingWebhooks;
using Integrations.Providers;
using Integrations.Square;
using Integrations.Toast;
using Integrations.Venues;
using Integrations.Webhooks;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;

namespace Integrations;

/// <summary>Venues, their POS connections, and everything that differs between providers.</summary>
public static class IntegrationsModule
{
    /// <summary>Throws SettingException when a setting is missing or malformed.</summary>
    public static IServiceCollection AddIntegrations(this IServiceCollection services, IConfiguration configuration, bool isDevelopment)
    {
        services.AddModuleDatabase<IntegrationsDb>(IntegrationsDb.Schema);
        services.AddSingleton(IntegrationsSettings.Read(configuration, isProduction: !isDevelopment));

        services.AddSingleton<ContactHasher>().AddHostedService<ContactKeyLoader>();
        services.TryAddKeyedSingleton(ProviderClient.ClockKey, (s, _) => s.GetRequiredService<TimeProvider>());
        services.AddSquare();
        services.AddToast();

        services.AddSingleton<PosProviderRegistry>();
        services.AddSingleton<ConnectionHealth>();
        services.AddSingleton<CredentialRenewal>();
        services.AddSingleton<IPosConnections, PosConnections>();
        services.AddSingleton<ConnectionMaintenance>().AddHostedService(s => s.GetRequiredService<ConnectionMaintenance>());
        services.AddSingleton<SecretReencryption>().AddHostedService(s => s.GetRequiredService<SecretReencryption>());

        services.AddSingleton<ChangePublisher>().AddHostedService(s => s.GetRequiredService<ChangePublisher>());
        services.AddSingleton<VenueDirectory>().AddSingleton<IVenues>(s => s.GetRequiredService<VenueDirectory>());
        services.AddSingleton<DropCachedVenue>();
        services.AddSingleton<INotificationHandler<VenueChanged>>(s => s.GetRequiredService<DropCachedVenue>());
        services.AddSingleton<PosConnectionDirectory>().AddHostedService(s => s.GetRequiredService<PosConnectionDirectory>());
        services.AddSingleton<DropSignatureKeys>();
        services.AddSingleton<INotificationHandler<Contracts.Connections.ConnectionChanged>>(s =>
            s.GetRequiredService<DropSignatureKeys>()
        );
        services.AddSingleton<IWebhookVerifier, WebhookVerifier>();
        services.AddSingleton<IAuditLog, AuditLog>();
        services.AddLiveFeed<IVenue, PosConnection, LiveConnectionFeed>();
        services.AddSingleton<WebhookSetup>().AddSingleton<WebhookTester>().AddSingleton<SignatureDiagnostics>();
        services.AddSingleton<WebhookStatistics>().AddHostedService(s => s.GetRequiredService<WebhookStatistics>());
        services.AddSingleton<OAuthRevocations>().AddHostedService(s => s.GetRequiredService<OAuthRevocations>());

        foreach (var (reader, feed) in FollowedFeeds.Readers)
            services.AddFeedReader<VenueEventsOccurred, IntegrationsDb, QueueDeliveries>(
                feed,
                IntegrationsDb.Schema,
                reader,
                followsChosenVenues: true
            );
        services.AddSingleton<FollowedFeeds>();
        services.AddSingleton<IOutgoingWebhooks, ForgottenGuests>();
        services.AddSingleton<PendingDeliveries>().AddHostedService(s => s.GetRequiredService<PendingDeliveries>());
        services.AddSingleton<DeliveryQueue>().AddSingleton<DeliverySender>().AddSingleton<DeliverySignal>();
        services.AddSingleton<DeliveryWorker>().AddHostedService(s => s.GetRequiredService<DeliveryWorker>());
        services.AddSingleton<IAlertSource, ConnectionAlerts>().AddSingleton<IAlertSource, EndpointAlerts>();
        services.AddSingleton<IAlertSource, DeadLetterAlerts>();
        services.AddSingleton<AlertWatch>().AddHostedService(s => s.GetRequiredService<AlertWatch>());
        services.AddLiveFeed<IVenue, Alert, LiveAlertFeed>();
        services.AddSingleton<DeliveryRetention>().AddHostedService(s => s.GetRequiredService<DeliveryRetention>());

        return services
            .AddSingleton<INodeSource, VenueNodes>()
            .AddSingleton<INodeSource, PosConnectionNodes>()
            .AddQuery<GetViewer>()
            .AddQuery<GetVenue>()
            .AddQuery<ListVenues>()
            .AddMutation<RegisterVenue>()
            .AddMutation<UpdateVenue>()
            .AddField<VenueToday>("Venue")
            .AddField<VenueAuditLog>("Venue")
            .AddField<VenuePosConnections>("Venue")
            .AddField<RecentErrors>("SyncSettings")
            .AddSubscription<Connections.ConnectionChanged>()
            .AddMutation<ValidatePosCredentials>()
            .AddMutation<ConnectPos>()
            .AddMutation<UpdatePosConnection>()
            .AddMutation<RotateWebhookKey>()
            .AddMutation<TestWebhook>()
            .AddMutation<DisconnectPos>()
            .AddField<VenueAlerts>("Venue")
            .AddSubscription<AlertRaised>()
            .AddField<VenueWebhookEndpoints>("Venue")
            .AddField<EndpointDeliveries>("WebhookEndpoint")
            .AddMutation<CreateWebhookEndpoint>()
            .AddMutation<UpdateWebhookEndpoint>()
            .AddMutation<DeleteWebhookEndpoint>()
            .AddMutation<RotateWebhookEndpointSecret>()
            .AddMutation<TestWebhookEndpoint>()
            .AddMutation<Redeliver>();
    }
}
