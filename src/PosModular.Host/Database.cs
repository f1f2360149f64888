using Npgsql;
using PosModular.Kernel;
using PosModular.Kernel.Data;

namespace PosModular.Host;

/// <summary>The database could not be reached in time at start.</summary>
internal sealed class DatabaseAwayException(string reason)
    : Exception($"ConnectionStrings__Pos: the database does not answer: {reason} Start it, or correct the setting.");

/// <summary>The one PostgreSQL all modules share, each in its own schema.</summary>
internal static class Database
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static IServiceCollection AddDatabase(this IServiceCollection services, string connectionString)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "posmodular" };
        }
        catch (ArgumentException)
        {
            throw new SettingException("ConnectionStrings__Pos", "it is not a PostgreSQL connection string. Use one such as Host=localhost;Database=pos;Username=pos;Password=…");
        }
        if (settings.MaxAutoPrepare == 0)
            (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (100, 3);
        settings.KeepAlive = settings.KeepAlive == 0 ? 30 : settings.KeepAlive;
        settings.PersistSecurityInfo = false;
        services.AddSingleton(provider =>
        {
            var source = new NpgsqlDataSourceBuilder(settings.ConnectionString);
            source.UseNodaTime().UseLoggerFactory(provider.GetRequiredService<ILoggerFactory>());
            return source.Build();
        });
        return services;
    }

    /// <summary>Migrates; waits a minute for a database that is still starting.</summary>
    public static async Task PrepareAsync(IServiceProvider services, CancellationToken ct)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await services.MigrateModulesAsync(ct);
                return;
            }
            catch (Exception e) when (e.IsTransient())
            {
                if (time.GetElapsedTime(began) > Patience)
                    throw new DatabaseAwayException(e.GetBaseException().Message);
                await time.WaitAsync(TimeSpan.FromSeconds(1), ct);
            }
        }
    }
}
