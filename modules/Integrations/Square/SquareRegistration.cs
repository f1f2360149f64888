using Integrations.Providers;
using Microsoft.Extensions.DependencyInjection;

namespace Integrations.Square;

internal static class SquareRegistration
{
    public static void AddSquare(this IServiceCollection services)
    {
        SquareApi.Register(services);
        services
            .AddSingleton<SquareTokenRenewal>()
            .AddSingleton<SquareWebhookSubscriptions>()
            .AddSingleton<SquarePageReader>()
            .AddSingleton<IPosProvider, SquareProvider>();
    }
}
