using Integrations.Connections;
using Integrations.Credentials;
using Microsoft.Extensions.DependencyInjection;

namespace Integrations.Toast;

internal static class ToastRegistration
{
    public static void AddToast(this IServiceCollection services)
    {
        ToastHttp.Register(services);
        services
            .AddSingleton<SharedTokens>()
            .AddSingleton<ToastTokens>()
            .AddSingleton<ToastApi>()
            .AddSingleton<ToastPages>()
            .AddSingleton<IPosProvider, ToastProvider>();
    }
}
