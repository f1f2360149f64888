using Integrations.Audit;
using Integrations.Calls;
using Integrations.Connections;
using Integrations.Contracts;
using Integrations.Credentials;
using Integrations.Square;
using Integrations.Toast;
using Integrations.Venues;
using Integrations.Webhooks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PosModular.Kernel.Data;
using PosModular.Kernel.Schema;

namespace Integrations;

/// <summary>Venues, the tills connected to them, and everything that differs between providers.</summary>
public static class IntegrationsModule
{
    /// <summary>Throws SettingException when a setting is missing or malformed.</summary>
    public static IServiceCollection AddIntegrations(this IServiceCollection services, IConfiguration configuration, bool development)
    {
        services.AddModuleDatabase<IntegrationsDb>(IntegrationsDb.Schema);
        services.AddSingleton(IntegrationsSettings.Read(configuration, production: !development));

        services.TryAddKeyedSingleton(ProviderClient.Time, (s, _) => s.GetRequiredService<TimeProvider>());
        services.AddSquare();
        services.AddToast();

        services.AddSingleton<PosProviders>();
        services.AddSingleton<ConnectionHealth>();
        services.AddSingleton<Renewals>();
        services.AddSingleton<ITills, TillCalls>();
        services.AddSingleton<ConnectionKeeper>().AddHostedService(s => s.GetRequiredService<ConnectionKeeper>());
        services.AddSingleton<Resealing>().AddHostedService(s => s.GetRequiredService<Resealing>());

        services.AddSingleton<VenueDirectory>().AddHostedService(s => s.GetRequiredService<VenueDirectory>());
        services.AddSingleton<IVenues>(s => s.GetRequiredService<VenueDirectory>());
        services.AddSingleton<TillDirectory>().AddHostedService(s => s.GetRequiredService<TillDirectory>());
        services.AddSingleton<IWebhookGate, WebhookGate>();
        services.AddSingleton<WebhookSetup>().AddSingleton<WebhookTests>().AddSingleton<SignatureDoctor>();
        services.AddSingleton<WebhookNotes>().AddHostedService(s => s.GetRequiredService<WebhookNotes>());
        services.AddSingleton<Revocations>().AddHostedService(s => s.GetRequiredService<Revocations>());

        return services
            .AddQuery<GetViewer>()
            .AddQuery<GetVenue>()
            .AddQuery<ListVenues>()
            .AddMutation<RegisterVenue>()
            .AddMutation<UpdateVenue>()
            .AddField<VenueAuditLog>("Venue")
            .AddField<VenuePosConnections>("Venue")
            .AddField<RecentErrors>("SyncSettings")
            .AddMutation<ValidatePosCredentials>()
            .AddMutation<ConnectPos>()
            .AddMutation<UpdatePosConnection>()
            .AddMutation<RotateWebhookKey>()
            .AddMutation<TestWebhook>()
            .AddMutation<DisconnectPos>();
    }
}
