using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PosModular.Host;
using PosModular.Kernel.Feed;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>The complete host as it runs in production, in this process and on a free port.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestHost(WebApplication app, Uri address, CapturedLog log)
    {
        (_app, Address, Log) = (app, address, log);
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256 })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public Uri Address { get; }
    public HttpClient Http { get; }
    public CapturedLog Log { get; }
    public IServiceProvider Services => _app.Services;

    /// <param name="database">The connection string of its database.</param>
    /// <param name="settings">Settings that are added to the defaults of the tests or replace them.</param>
    /// <param name="configureServices">Replaces services of the host, for example its clock.</param>
    /// <param name="environment">The environment it runs in; Production unless the test is about another one.</param>
    public static async Task<TestHost> StartAsync(
        string database,
        IReadOnlyDictionary<string, string?> settings,
        Action<IServiceCollection>? configureServices = null,
        string environment = "Production"
    )
    {
        var log = new CapturedLog();
        var app = Build(database, settings, configureServices, environment, log);
        await Database.MigrateAsync(app.Services, CancellationToken.None);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new TestHost(app, new Uri(address), log);
    }

    /// <summary>Migrates a database as a host does before it starts.</summary>
    public static async Task MigrateAsync(string database)
    {
        await using var app = Build(
            database,
            new Dictionary<string, string?> { ["Pos:PublicBaseUrl"] = "https://pos.example.test" },
            null,
            "Production",
            new CapturedLog()
        );
        await Database.MigrateAsync(app.Services, CancellationToken.None);
    }

    private static WebApplication Build(
        string database,
        IReadOnlyDictionary<string, string?> settings,
        Action<IServiceCollection>? configureServices,
        string environment,
        CapturedLog log
    )
    {
        var builder = PosHost.CreateBuilder(["--environment", environment]);
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Pos"] = database,
                ["POS_ENCRYPTION_KEY"] = TestKeys.Encryption,
                ["Auth:Jwt:SigningKey"] = TestKeys.Signing,
            }
        );
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.UseSetting(Microsoft.AspNetCore.Hosting.WebHostDefaults.ServerUrlsKey, "http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
        if (configureServices is not null)
            builder.Host.UseServiceProviderFactory(new ConfiguredServiceProviderFactory(configureServices));
        return PosHost.Build(builder);
    }

    /// <summary>Runs after the modules have registered their services, so that the registrations of a test win.</summary>
    private sealed class ConfiguredServiceProviderFactory(Action<IServiceCollection> configureServices)
        : IServiceProviderFactory<IServiceCollection>
    {
        public IServiceCollection CreateBuilder(IServiceCollection services)
        {
            configureServices(services);
            return services;
        }

        public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder) => containerBuilder.BuildServiceProvider();
    }

    /// <summary>
    /// Returns when rules and analytics have applied every published change. Fails if a change became a dead letter, unless the test
    /// allows it.
    /// </summary>
    public async Task WhenIdleAsync(bool allowDeadLetters = false)
    {
        await Services.GetRequiredService<FeedRelays>().WaitUntilIdleAsync(TestContext.Current.CancellationToken);
        if (!allowDeadLetters)
            Log.Lines.FirstOrDefault(line => line.Contains("is now a dead letter", StringComparison.Ordinal)).ShouldBeNull();
    }

    /// <summary>The number of live subscribers that follow a feed of the venue on this host.</summary>
    public int SubscriberCount(string feed, string venueId = TestVenue.VenueId) =>
        Services.GetRequiredService<LiveSubscribers>().CountOf(feed, venueId);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    public static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
