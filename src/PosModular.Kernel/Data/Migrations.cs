using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace PosModular.Kernel.Data;

/// <summary>Brings all module schemas up to date at start. Several hosts may start at once: one migrates, the others wait for it.</summary>
public static class Migrations
{
    private const long AdvisoryLockKey = 0x706f736d_6f64756c; // "posmodul"

    public static async Task MigrateModulesAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var guard = await services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(cancellationToken);
        await using var take = new NpgsqlCommand("select pg_advisory_lock($1)", guard) { CommandTimeout = 300 }.AddValues(AdvisoryLockKey);
        await take.ExecuteNonQueryAsync(cancellationToken);
        try
        {
            foreach (var module in services.GetServices<ModuleDatabase>())
            {
                await using var scope = services.CreateAsyncScope();
                var db = (DbContext)scope.ServiceProvider.GetRequiredService(module.ContextType);
                await db.Database.MigrateAsync(cancellationToken);
            }
        }
        finally
        {
            await using var release = new NpgsqlCommand("select pg_advisory_unlock($1)", guard).AddValues(AdvisoryLockKey);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    /// <summary>Whether every migration that this build knows is in the database.</summary>
    public static async Task<bool> AreMigratedAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        foreach (var module in services.GetServices<ModuleDatabase>())
        {
            await using var scope = services.CreateAsyncScope();
            var db = (DbContext)scope.ServiceProvider.GetRequiredService(module.ContextType);
            if ((await db.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
                return false;
        }
        return true;
    }
}
