namespace PosModular.Simulator.Toast;

/// <summary>The Toast part of the simulator, for tests that run in the same process.</summary>
public sealed class SimulatedToast(RestaurantStore restaurants, LoginStore logins, ToastLedger ledger, ToastWebhookSender deliveries)
{
    /// <summary>Restaurants and API clients.</summary>
    public RestaurantStore Restaurants { get; } = restaurants;

    /// <summary>Logins and tokens.</summary>
    public LoginStore Logins { get; } = logins;

    /// <summary>Orders and their webhook events.</summary>
    public ToastLedger Ledger { get; } = ledger;

    /// <summary>Sends the webhooks and counts their outcomes.</summary>
    public ToastWebhookSender Deliveries { get; } = deliveries;
}
