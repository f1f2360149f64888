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

/// <summary>A started simulator and its books, for tests that share its process.</summary>
public sealed class RunningSimulator(WebApplication app) : IAsyncDisposable
{
    /// <summary>Where it listens, e.g. <c>http://127.0.0.1:40123/</c>: the product's Square and Toast base URL.</summary>
    public Uri Address { get; } =
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Merchants, locations and access tokens.</summary>
    public SellerStore Sellers { get; } = app.Services.GetRequiredService<SellerStore>();

    /// <summary>Payments, orders, refunds and the events that told of them.</summary>
    public SquareLedger Ledger { get; } = app.Services.GetRequiredService<SquareLedger>();

    /// <summary>Webhook subscriptions.</summary>
    public SubscriptionStore Subscriptions { get; } = app.Services.GetRequiredService<SubscriptionStore>();

    /// <summary>What became of each webhook.</summary>
    public SquareWebhookSender Deliveries { get; } = app.Services.GetRequiredService<SquareWebhookSender>();

    /// <summary>Toast's restaurants, logins, orders and webhooks.</summary>
    public SimulatedToast Toast { get; } = app.Services.GetRequiredService<SimulatedToast>();

    /// <summary>Switches for bad weather.</summary>
    public FaultRegistry Faults { get; } = app.Services.GetRequiredService<FaultRegistry>();

    /// <summary>What was asked of the API.</summary>
    public RequestLog Requests { get; } = app.Services.GetRequiredService<RequestLog>();

    /// <summary>Ends when a demo with a limit of sales has sold them and each webhook is delivered or dropped; fails when it cannot go on.</summary>
    public async Task WaitForDemoSalesAsync(CancellationToken cancellationToken = default)
    {
        await app.Services.GetRequiredService<DemoScenario>().SalesCompleted.WaitAsync(cancellationToken);
        await Deliveries.WhenIdleAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
