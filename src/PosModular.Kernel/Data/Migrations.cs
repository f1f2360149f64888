using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace PosModular.Kernel.Data;

/// <summary>Migrates the schemas of all modules at start. When several hosts start at once, one migrates and the others wait for it. What
/// has been applied is read by two statements for all modules; Entity Framework, which builds a module's whole model before it compares, is
/// asked only where a migration is missing.</summary>
public static class Migrations
{
    internal const string HistoryTable = "__EFMigrationsHistory";
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
            var modules = await ReadAsync(services, guard, cancellationToken);
            // All schemas are checked before the first one is changed.
            foreach (var module in modules)
                module.ThrowIfUnsupported();
            foreach (var module in modules.Where(m => m.HasPending))
            {
                await using var scope = services.CreateAsyncScope();
                var db = (DbContext)scope.ServiceProvider.GetRequiredService(module.Database.ContextType);
                await db.Database.MigrateAsync(cancellationToken);
            }
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
        await using var connection = await services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(cancellationToken);
        return (await ReadAsync(services, connection, cancellationToken)).All(m => !m.HasPending);
    }

    private static async Task<IReadOnlyList<ModuleMigrations>> ReadAsync(
        IServiceProvider services,
        NpgsqlConnection connection,
        CancellationToken cancellationToken
    )
    {
        var databases = services.GetServices<ModuleDatabase>().ToArray();
        var schemas = new List<string>();
        await using (
            var tables = new NpgsqlCommand(
                "select schemaname from pg_tables where tablename = $1 and schemaname = any($2)",
                connection
            ).AddValues(HistoryTable, databases.Select(d => d.Schema).ToArray())
        )
        await using (var rows = await tables.ExecuteReaderAsync(cancellationToken))
            while (await rows.ReadAsync(cancellationToken))
                schemas.Add(rows.GetString(0));

        var applied = new List<(string Schema, string Id)>();
        if (schemas.Count > 0)
        {
            await using var ids = new NpgsqlCommand(
                string.Join(" union all ", schemas.Select(s => $"select '{s}', migration_id from {s}.\"{HistoryTable}\"")),
                connection
            );
            await using var rows = await ids.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
                applied.Add((rows.GetString(0), rows.GetString(1)));
        }
        return
        [
            .. databases.Select(d => new ModuleMigrations(
                d,
                KnownIds(d.ContextType),
                [.. applied.Where(a => a.Schema == d.Schema).Select(a => a.Id)]
            )),
        ];
    }

    private static string[] KnownIds(Type contextType) =>
        [
            .. contextType
                .Assembly.GetTypes()
                .Where(t => t.IsSubclassOf(typeof(Migration)) && t.GetCustomAttribute<DbContextAttribute>()?.ContextType == contextType)
                .Select(t => t.GetCustomAttribute<MigrationAttribute>()!.Id)
                .Order(StringComparer.Ordinal),
        ];

    private sealed record ModuleMigrations(ModuleDatabase Database, IReadOnlyList<string> Known, HashSet<string> Applied)
    {
        public bool HasPending => Known.Any(id => !Applied.Contains(id));

        // Ids begin with the time they were made, so an unknown one that sorts behind ours is of a newer version: during an update hosts
        // of both versions share the database.
        public void ThrowIfUnsupported()
        {
            if (Applied.Except(Known).FirstOrDefault(id => string.CompareOrdinal(id, Known[^1]) < 0) is { } unknown)
                throw new UnsupportedDatabaseException(Database.Schema, unknown);
        }
    }
}
