using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace PosModular.Kernel.Data;

/// <summary>Migrates the schemas of all modules at start. When several hosts start at once, one migrates and the others wait for
/// it.</summary>
public static class Migrations
{
    private const long AdvisoryLockKey = 0x706f736d_6f64756c; // "posmodul"

    /// <exception cref="UnsupportedDatabaseException">A module's schema comes from an older version that has no upgrade path.</exception>
    public static async Task MigrateModulesAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var guard = await services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(cancellationToken);
        await using var acquire = new NpgsqlCommand("select pg_advisory_lock($1)", guard) { CommandTimeout = 300 }.AddValues(
            AdvisoryLockKey
        );
        await acquire.ExecuteNonQueryAsync(cancellationToken);
        try
        {
            // All schemas are checked before the first one is changed.
            await ForEachModuleAsync(services, (schema, db) => ThrowIfUnsupportedAsync(schema, db, cancellationToken));
            await ForEachModuleAsync(services, (_, db) => db.Database.MigrateAsync(cancellationToken));
        }
        finally
        {
            await using var release = new NpgsqlCommand("select pg_advisory_unlock($1)", guard).AddValues(AdvisoryLockKey);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    /// <summary>Whether every migration that this build knows has been applied.</summary>
    public static async Task<bool> AreMigratedAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        var pending = 0;
        await ForEachModuleAsync(services, async (_, db) =>
            pending += (await db.Database.GetPendingMigrationsAsync(cancellationToken)).Count()
        );
        return pending == 0;
    }

    // Ids begin with the time they were made, so an unknown one that sorts behind ours is of a newer version: during an update hosts of
    // both versions share the database.
    private static async Task ThrowIfUnsupportedAsync(string schema, DbContext db, CancellationToken cancellationToken)
    {
        var known = db.Database.GetMigrations().ToArray();
        var applied = await db.Database.GetAppliedMigrationsAsync(cancellationToken);
        if (applied.Except(known).FirstOrDefault(id => string.CompareOrdinal(id, known[^1]) < 0) is { } unknown)
            throw new UnsupportedDatabaseException(schema, unknown);
    }

    private static async Task ForEachModuleAsync(IServiceProvider services, Func<string, DbContext, Task> action)
    {
        foreach (var module in services.GetServices<ModuleDatabase>())
        {
            await using var scope = services.CreateAsyncScope();
            await action(module.Schema, (DbContext)scope.ServiceProvider.GetRequiredService(module.ContextType));
        }
    }
}
