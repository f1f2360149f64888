using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace PosModular.Kernel.Data;

/// <summary>A module's own database schema, with its own migrations and its own history table inside it.</summary>
public sealed record ModuleDatabase(string Schema, Type ContextType);

public static class ModuleDatabaseRegistration
{
    /// <summary>Registers a pooled factory for resolvers, each of which takes its own context because sibling fields run in parallel, and a
    /// scoped context for feed readers, which share the relay's transaction.</summary>
    public static IServiceCollection AddModuleDatabase<TDb>(this IServiceCollection services, string schema)
        where TDb : DbContext
    {
        services.AddPooledDbContextFactory<TDb>(
            (provider, options) => options.UseModuleSchema(provider.GetRequiredService<NpgsqlDataSource>(), schema)
        );
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<TDb>>().CreateDbContext());
        return services.AddSingleton(new ModuleDatabase(schema, typeof(TDb)));
    }

    public static DbContextOptionsBuilder UseModuleSchema(this DbContextOptionsBuilder options, NpgsqlDataSource database, string schema) =>
        options
            .UseNpgsql(database, npgsql => npgsql.UseNodaTime().MigrationsHistoryTable(Migrations.HistoryTable, schema))
            .UseSnakeCaseNamingConvention()
            .AddInterceptors(PreparedStatementReset.Instance)
            // Whoever catches the exception logs it once, with what was being done.
            .ConfigureWarnings(warnings =>
                warnings.Ignore(
                    CoreEventId.QueryIterationFailed,
                    CoreEventId.SaveChangesFailed,
                    RelationalEventId.CommandError,
                    RelationalEventId.ConnectionError
                )
            );

    /// <summary>For <c>dotnet ef</c> only; it never connects.</summary>
    public static DbContextOptions<TDb> DesignTimeOptions<TDb>(string schema)
        where TDb : DbContext
    {
        var source = new NpgsqlDataSourceBuilder("Host=localhost");
        source.UseNodaTime();
        return (DbContextOptions<TDb>)new DbContextOptionsBuilder<TDb>().UseModuleSchema(source.Build(), schema).Options;
    }
}
