using Integrations.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Integrations.Square;

internal static class SquareRegistration
{
    public static void AddSquare(this IServiceCollection services)
    {
        SquareApi.Register(services);
        services
            .AddSingleton<SquareRenewal>()
            .AddSingleton<SquareSubscriptions>()
            .AddSingleton<SquarePages>()
            .AddSingleton<IPosProvider, SquareProvider>();
    }
}
