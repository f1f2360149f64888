using Microsoft.Extensions.Diagnostics.HealthChecks;
using PosModular.Kernel.Data;

namespace PosModular.Host.Health;

/// <summary>Ready: the database answers and every migration is in. How far the relays are behind never makes a host unready.</summary>
internal sealed class DatabaseHealthCheck(IServiceProvider services) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return await services.AreMigratedAsync(cancellationToken)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("The database lacks migrations of this version.");
        }
        catch (Exception e) when (e.IsTransient())
        {
            return HealthCheckResult.Unhealthy("The database does not answer.");
        }
    }
}
