using System.Runtime.InteropServices;
using Analytics;
using GraphQL.Types;
using Ingestion;
using Integrations;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NodaTime;
using PosModular.Host.Auth;
using PosModular.Host.Console;
using PosModular.Host.Cors;
using PosModular.Host.Development;
using PosModular.Host.Development.Ide;
using PosModular.Host.GraphQL;
using PosModular.Host.Health;
using PosModular.Host.Settings;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Settings;
using Rules;

namespace PosModular.Host;

/// <summary>The table of contents of the host: one line for each concern, each module and each endpoint.</summary>
internal static class PosHost
{
    private const string DefaultUrl = "http://localhost:8080";

    public static async Task RunAsync(string[] args)
    {
        // A second Ctrl-C or SIGTERM must not cut the shutdown short, which would leave the embedded PostgreSQL running.
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        var builder = CreateBuilder(args);
        await using var embedded = await builder.StartPostgresAsync();
        await using var app = Build(builder);
        // Both take most of a second of a start and need nothing of each other. A faulty schema stops the start.
        var schema = Task.Run(app.Services.GetRequiredService<ISchema>().Initialize);
        await Task.WhenAll(schema, Database.MigrateAsync(app.Services, CancellationToken.None));
        await app.RunAsync();
    }

    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        // appsettings.json lies beside the program, whatever the working directory is.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
            builder.WebHost.UseUrls(DefaultUrl);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 4_096, gracePeriod: TimeSpan.FromSeconds(10));
        });
        return builder;
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.SetEncryptionKey();
        builder.Services.AddPosCors(builder.Configuration, builder.Environment);
        builder.Services.AddPosAuth(builder.Configuration, builder.Environment, builder.DataDirectory().Path);
        builder.Services.AddPosGraphQL();
        builder.Services.AddHealth();
        builder.Services.AddTelemetry(builder.Configuration);
        AddModules(builder);

        var app = builder.Build();
        app.WarnOfUnknownSettings();
        app.MapHealth();
        app.UseGraphQLIde();
        app.UseWebConsole(builder.DataDirectory().Path);
        app.UsePosCors();
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
        services.AddAnalytics(configuration);
    }
}
