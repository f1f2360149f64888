using Microsoft.Extensions.Diagnostics.HealthChecks;
using PosModular.Kernel.Data;

namespace PosModular.Host.Health;

/// <summary>A host is ready when the database responds and every migration has been applied. Relays that lag behind do not make it
/// unready.</summary>
internal sealed class DatabaseHealthCheck(IServiceProvider services) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return await services.AreMigratedAsync(cancellationToken)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("The database lacks migrations of this version, which are applied at start.");
        }
        catch (Exception e) when (e.IsTransient())
        {
            return HealthCheckResult.Unhealthy("The database does not respond.");
        }
    }
}
