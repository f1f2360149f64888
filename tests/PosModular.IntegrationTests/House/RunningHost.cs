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

namespace PosModular.IntegrationTests.House;

/// <summary>The whole host as it runs in production, on a free port, in this process.</summary>
internal sealed class RunningHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningHost(WebApplication app, Uri address, KeptLog log)
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
    public KeptLog Log { get; }
    public IServiceProvider Services => _app.Services;

    /// <param name="database">A connection string.</param>
    /// <param name="settings">Settings on top of the usual ones.</param>
    /// <param name="adjust">Replaces a clock, say.</param>
    /// <param name="environment">Production, unless a test is about another.</param>
    public static async Task<RunningHost> StartAsync(
        string database,
        IReadOnlyDictionary<string, string?> settings,
        Action<IServiceCollection>? adjust = null,
        string environment = "Production"
    )
    {
        var log = new KeptLog();
        var app = Build(database, settings, adjust, environment, log);
        await Database.MigrateAsync(app.Services, CancellationToken.None);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new RunningHost(app, new Uri(address), log);
    }

    /// <summary>Brings a database up to date, as a host does before it starts.</summary>
    public static async Task MigrateAsync(string database)
    {
        await using var app = Build(
            database,
            new Dictionary<string, string?> { ["Pos:PublicBaseUrl"] = "https://pos.example.test" },
            null,
            "Production",
            new KeptLog()
        );
        await Database.MigrateAsync(app.Services, CancellationToken.None);
    }

    private static WebApplication Build(
        string database,
        IReadOnlyDictionary<string, string?> settings,
        Action<IServiceCollection>? adjust,
        string environment,
        KeptLog log
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
        if (adjust is not null)
            builder.Host.UseServiceProviderFactory(new Adjusted(adjust));
        return PosHost.Build(builder);
    }

    /// <summary>Comes after the modules: what a test registers is what the host gets.</summary>
    private sealed class Adjusted(Action<IServiceCollection> adjust) : IServiceProviderFactory<IServiceCollection>
    {
        public IServiceCollection CreateBuilder(IServiceCollection services)
        {
            adjust(services);
            return services;
        }

        public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder) => containerBuilder.BuildServiceProvider();
    }

    /// <summary>Returns when rules and analytics have handled all that was published; fails when they have parked a change, unless that is what the test wants.</summary>
    public async Task WhenIdleAsync(bool mayPark = false)
    {
        await Services.GetRequiredService<FeedRelays>().WaitUntilIdleAsync(TestContext.Current.CancellationToken);
        if (!mayPark)
            Log.Lines.FirstOrDefault(line => line.Contains("it is parked", StringComparison.Ordinal)).ShouldBeNull();
    }

    /// <summary>How many listen to a feed or bell of the venue on this host.</summary>
    public int Listeners(string source, string venueId = Bar.VenueId) =>
        Services.GetRequiredService<FeedSignal>().CountListeners(source, venueId);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
