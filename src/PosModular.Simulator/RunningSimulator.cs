using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using PosModular.Simulator.Demo;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Requests;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Toast;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator;

/// <summary>A started simulator and its stores, for tests that run in the same process.</summary>
public sealed class RunningSimulator(WebApplication app) : IAsyncDisposable
{
    /// <summary>
    /// The address it listens on, e.g. <c>http://127.0.0.1:40123/</c>, to be set as the host's Square and Toast base URL.
    /// </summary>
    public Uri Address { get; } =
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Merchants, locations and access tokens.</summary>
    public SellerStore Sellers { get; } = app.Services.GetRequiredService<SellerStore>();

    /// <summary>Payments, orders, refunds and their webhook events.</summary>
    public SquareLedger Ledger { get; } = app.Services.GetRequiredService<SquareLedger>();

    /// <summary>Webhook subscriptions.</summary>
    public SubscriptionStore Subscriptions { get; } = app.Services.GetRequiredService<SubscriptionStore>();

    /// <summary>Sends the webhooks and counts their outcomes.</summary>
    public SquareWebhookSender Deliveries { get; } = app.Services.GetRequiredService<SquareWebhookSender>();

    /// <summary>Toast's restaurants, logins, orders and webhooks.</summary>
    public SimulatedToast Toast { get; } = app.Services.GetRequiredService<SimulatedToast>();

    /// <summary>Faults that API calls run into.</summary>
    public FaultRegistry Faults { get; } = app.Services.GetRequiredService<FaultRegistry>();

    /// <summary>The API calls received so far.</summary>
    public RequestLog Requests { get; } = app.Services.GetRequiredService<RequestLog>();

    /// <summary>
    /// Completes when a demo with <see cref="DemoSettings.MaxSales"/> has made them all and every webhook is delivered or dropped. Fails
    /// when the demo cannot continue.
    /// </summary>
    public async Task WaitForDemoSalesAsync(CancellationToken cancellationToken = default)
    {
        await app.Services.GetRequiredService<DemoScenario>().SalesCompleted.WaitAsync(cancellationToken);
        await Deliveries.WhenIdleAsync(cancellationToken);
        await Toast.Deliveries.WhenIdleAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
