using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace PosModular.Host.Health;

/// <summary><c>/health/live</c>: the process responds. <c>/health/ready</c>: it can serve requests.</summary>
internal static class HealthEndpoints
{
    private const string Ready = "ready";

    public static void AddHealth(this IServiceCollection services) =>
        services.AddHealthChecks().AddCheck<DatabaseHealthCheck>("database", tags: [Ready]);

    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready) });
    }
}
