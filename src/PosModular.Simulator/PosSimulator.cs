using System.Text.Json;
using System.Text.Json.Serialization;
using PosModular.Simulator.Control;
using PosModular.Simulator.Demo;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Orders;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Refunds;
using PosModular.Simulator.Requests;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Toast;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator;

/// <summary>
/// Simulates Square and Toast over real HTTP on one port: the parts of their APIs that PosModular uses (Square: locations,
/// tokens, payments, orders, refunds, webhook subscriptions; Toast: login, restaurants, orders, payments), signed webhooks with
/// each provider's retries, and a control API under <c>/_sim</c>. Everything lives in memory.
/// <para>As a program: <c>PosModular.Simulator --urls http://127.0.0.1:9090</c>, or with <c>demo</c> as the first argument
/// (<see cref="DemoSettings"/>). In a test: <see cref="StartAsync"/>.</para>
/// </summary>
public static class PosSimulator
{
    /// <summary>Starts a simulator on a free local port. It is ready when the task completes; dispose it to stop it.</summary>
    /// <param name="settings">Null: a free port, and retry delays a thousandth of the providers'.</param>
    /// <param name="clock">
    /// The clock for timestamps in payments and events. Waiting (retries, timeouts, delays) always takes real time.
    /// </param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<RunningSimulator> StartAsync(
        SimulatorSettings? settings = null,
        TimeProvider? clock = null,
        CancellationToken cancellationToken = default
    )
    {
        var app = Build(settings ?? new SimulatorSettings { Urls = "http://127.0.0.1:0", RetryScale = 0.001 }, clock);
        await app.StartAsync(cancellationToken);
        return new RunningSimulator(app);
    }

    /// <summary>Builds the application from a command line without starting it.</summary>
    public static WebApplication Build(string[] args, TimeProvider? clock = null) => Build(SimulatorSettings.FromCommandLine(args), clock);

    /// <summary>
    /// Builds the application without starting it. <see cref="SquareLedger"/> and the other stores are singletons in its services.
    /// </summary>
    public static WebApplication Build(SimulatorSettings settings, TimeProvider? clock = null)
    {
        // The empty builder reads no appsettings.json and no ASPNETCORE_ variable: in a test both would be the host's.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "PosModular.Simulator" });
        builder.WebHost.UseKestrelCore().UseUrls(settings.Urls);
        if (settings.LogsToConsole)
        {
            builder
                .Logging.AddSimpleConsole(line => line.SingleLine = true)
                .SetMinimumLevel(LogLevel.Warning)
                .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // Program prints the message in one line.
        }

        builder
            .Services.AddRouting()
            .ConfigureHttpJsonOptions(json =>
                json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseUpper))
            )
            .Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true)
            .AddSingleton(settings)
            .AddSingleton(clock ?? TimeProvider.System)
            .AddSingleton<SellerStore>()
            .AddSingleton<SquareLedger>()
            .AddSingleton<SubscriptionStore>()
            .AddSingleton<FaultRegistry>()
            .AddSingleton<RequestLog>()
            .AddSingleton<SquareWebhookSender>()
            .AddHostedService(services => services.GetRequiredService<SquareWebhookSender>())
            .AddSingleton<RestaurantStore>()
            .AddSingleton<LoginStore>()
            .AddSingleton<ToastLedger>()
            .AddSingleton<SimulatedToast>()
            .AddSingleton<ToastWebhookSender>()
            .AddHostedService(services => services.GetRequiredService<ToastWebhookSender>());
        if (settings.Demo is { } demo)
            builder
                .Services.AddSingleton(demo)
                .AddSingleton<DemoScenario>()
                .AddHostedService(services => services.GetRequiredService<DemoScenario>());

        var app = builder.Build();
        app.Services.GetRequiredService<SellerStore>().ConsentRevoked += app
            .Services.GetRequiredService<SquareLedger>()
            .RecordConsentRevoked;
        app.UseRequestLog();
        app.UseFaults();
        app.UseStatusCodePages(page => SquareError.WriteStatusBodyAsync(page.HttpContext));
        app.MapLocations();
        app.MapTokenStatus();
        app.MapTokenRefresh();
        app.MapPayments();
        app.MapOrders();
        app.MapRefunds();
        app.MapSubscriptions();
        app.MapToastLogin();
        app.MapToastRestaurants();
        app.MapToastOrders();
        app.MapToastPayments();
        app.MapControlApi();
        return app;
    }
}
