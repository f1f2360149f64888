using Integrations.Connections;
using Integrations.Contracts;
using Integrations.Square;
using Integrations.Venues;
using Integrations.Webhooks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
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

        services.AddSquareClient();
        services.AddSingleton<IPosProvider, SquareProvider>();

        services.AddSingleton<VenueDirectory>().AddHostedService(s => s.GetRequiredService<VenueDirectory>());
        services.AddSingleton<IVenues>(s => s.GetRequiredService<VenueDirectory>());
        services.AddSingleton<TillDirectory>().AddHostedService(s => s.GetRequiredService<TillDirectory>());
        services.AddSingleton<IWebhookGate, WebhookGate>();

        return services
            .AddQuery<GetViewer>()
            .AddQuery<GetVenue>()
            .AddQuery<ListVenues>()
            .AddMutation<RegisterVenue>()
            .AddMutation<UpdateVenue>()
            .AddMutation<ConnectPos>()
            .AddField<VenuePosConnections>("Venue");
    }
}
