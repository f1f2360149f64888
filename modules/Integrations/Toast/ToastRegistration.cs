using Integrations.Credentials;
using Integrations.Providers;
using Microsoft.Extensions.DependencyInjection;

namespace Integrations.Toast;

internal static class ToastRegistration
{
    public static void AddToast(this IServiceCollection services)
    {
        ToastHttp.Register(services);
        services
            .AddSingleton<SharedTokenCache>()
            .AddSingleton<ToastTokens>()
            .AddSingleton<ToastApi>()
            .AddSingleton<ToastDayReader>()
            .AddSingleton<ToastPageReader>()
            .AddSingleton<IPosProvider, ToastProvider>();
    }
}
