using System.Runtime.InteropServices;
using Analytics;
using GraphQL.Types;
using Ingestion;
using Integrations;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NodaTime;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using PosModular.Host.Auth;
using PosModular.Host.Development;
using PosModular.Host.Development.Ide;
using PosModular.Host.Development.Postgres;
using PosModular.Host.GraphQL;
using PosModular.Host.Health;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Settings;
using Rules;

namespace PosModular.Host;

/// <summary>Puts the house together: one line a module, then the doors.</summary>
internal static class PosHost
{
    private const string DefaultUrl = "http://localhost:8080";

    public static async Task RunAsync(string[] args)
    {
        // A second Ctrl-C or TERM while it is stopping must not cut it short: the private PostgreSQL would be left running.
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        var builder = CreateBuilder(args);
        await using var embedded = await StartPostgresAsync(builder);
        await using var app = Build(builder);
        await Database.MigrateAsync(app.Services, CancellationToken.None);
        await app.RunAsync();
    }

    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        // Settings that ship with the program stand beside it, wherever it is started from.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
            builder.WebHost.UseUrls(DefaultUrl);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        return builder;
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        if (builder.Environment.IsDevelopment() && string.IsNullOrEmpty(builder.Configuration["POS_ENCRYPTION_KEY"]))
            builder.Configuration["POS_ENCRYPTION_KEY"] = GetDataDirectory(builder).ReadOrCreateSecret("encryption-key");
        builder.Services.AddPosAuth(builder.Configuration, builder.Environment, GetDataDirectory(builder).Path);
        builder.Services.AddPosGraphQL();
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealthCheck>("database", tags: ["ready"]);
        AddTelemetry(builder);
        AddModules(builder);

        var app = builder.Build();
        app.Services.GetRequiredService<ISchema>().Initialize(); // now, rather than at the first question
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") });
        app.UseGraphQLIde();
        app.RequireBearerToken("/api/venues");
        app.MapPosGraphQL();
        app.MapIngestion();
        return app;
    }

    public static void AddModules(WebApplicationBuilder builder)
    {
        var (services, configuration) = (builder.Services, builder.Configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IClock>(SystemClock.Instance);
        services.AddDatabase(
            configuration.GetConnectionString("Pos") is { Length: > 0 } database
                ? database
                : throw new SettingException("ConnectionStrings__Pos", "it is missing. Set it to a PostgreSQL connection string.")
        );
        services.AddFeed(runRelays: configuration["Pos:Relays"] != "false");
        services.AddMergedSchema();

        services.AddIntegrations(configuration, isDevelopment: builder.Environment.IsDevelopment());
        services.AddIngestion(configuration);
        services.AddRules();
        services.AddAnalytics();
    }

    private static async Task<EmbeddedPostgres?> StartPostgresAsync(WebApplicationBuilder builder)
    {
        if (!builder.Environment.IsDevelopment() || !string.IsNullOrEmpty(builder.Configuration.GetConnectionString("Pos")))
            return null;
        using var logging = LoggerFactory.Create(l =>
            l.AddConfiguration(builder.Configuration.GetSection("Logging")).AddSimpleConsole(c => c.SingleLine = true)
        );
        var embedded = await EmbeddedPostgres.StartAsync(
            GetDataDirectory(builder).PostgresPath,
            logging.CreateLogger("Postgres"),
            CancellationToken.None
        );
        builder.Configuration["ConnectionStrings:Pos"] = embedded.ConnectionString;
        return embedded;
    }

    public static DataDirectory GetDataDirectory(WebApplicationBuilder builder) =>
        new(builder.Configuration["Pos:DataDirectory"] ?? ".data");

    // OTEL_EXPORTER_OTLP_ENDPOINT switches it on; without it nothing is collected.
    private static void AddTelemetry(WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            return;
        builder
            .Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddAspNetCoreInstrumentation().AddNpgsql().AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddAspNetCoreInstrumentation().AddMeter(FeedRelays.MeterName).AddOtlpExporter());
    }
}
