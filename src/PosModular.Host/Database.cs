using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Settings;
using PosModular.Kernel.Time;

namespace PosModular.Host;

/// <summary>The database could not be reached, or refused the host, at start.</summary>
internal sealed class DatabaseUnavailableException(string reason)
    : Exception(
        $"ConnectionStrings__Pos: the database cannot be used: {reason} Start it, or correct the setting; "
            + "the user must be able to log in and to create schemas."
    );

/// <summary>The PostgreSQL database that all modules share, each in a schema of its own.</summary>
internal static class Database
{
    // PostgreSQL ends the transaction of a host that freezes between two statements, so that it does not keep its locks.
    private const string SessionSettingsSql = "set idle_in_transaction_session_timeout = '10s'";

    private static readonly TimeSpan MaxStartupWait = TimeSpan.FromSeconds(60);

    public static IServiceCollection AddDatabase(this IServiceCollection services, string connectionString)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "posmodular" };
        }
        catch (ArgumentException)
        {
            throw new SettingException(
                "ConnectionStrings__Pos",
                "it is not a PostgreSQL connection string. Use one such as Host=localhost;Database=pos;Username=pos;Password=…"
            );
        }
        if (string.IsNullOrEmpty(settings.Host))
            throw new SettingException(
                "ConnectionStrings__Pos",
                "it has no Host. Use one such as Host=localhost;Database=pos;Username=pos;Password=…"
            );
        if (settings.MaxAutoPrepare == 0)
            (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (100, 3);
        settings.KeepAlive = settings.KeepAlive == 0 ? 30 : settings.KeepAlive;
        settings.PersistSecurityInfo = false;
        // Npgsql would send five statements with the next query after each return to the pool, and undo the session's own settings with
        // them. Whoever changes the state of a session restores it; an open transaction is rolled back all the same.
        settings.NoResetOnClose = true;
        services.AddSingleton(provider =>
        {
            var source = new NpgsqlDataSourceBuilder(settings.ConnectionString);
            source.UsePhysicalConnectionInitializer(
                connection =>
                {
                    using var command = new NpgsqlCommand(SessionSettingsSql, connection);
                    command.ExecuteNonQuery();
                },
                async connection =>
                {
                    await using var command = new NpgsqlCommand(SessionSettingsSql, connection);
                    await command.ExecuteNonQueryAsync();
                }
            );
            source.UseNodaTime().UseLoggerFactory(provider.GetRequiredService<ILoggerFactory>());
            return source.Build();
        });
        return services;
    }

    /// <summary>Migrates the database; waits up to a minute for one that is still starting.</summary>
    public static async Task MigrateAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger("Database");
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await services.MigrateModulesAsync(cancellationToken);
                return;
            }
            catch (Exception e) when (e.IsTransient())
            {
                if (time.GetElapsedTime(began) > MaxStartupWait)
                    throw new DatabaseUnavailableException(e.GetBaseException().Message);
                log.LogWarning(
                    "ConnectionStrings__Pos: the database does not respond yet and is tried again in a second: {Reason}",
                    e.GetBaseException().Message
                );
                await time.DelayAsync(TimeSpan.FromSeconds(1), cancellationToken);
            }
            catch (Exception e) when (e.GetBaseException() is PostgresException refused)
            {
                throw new DatabaseUnavailableException($"{refused.SqlState}: {refused.MessageText}.");
            }
        }
    }
}
