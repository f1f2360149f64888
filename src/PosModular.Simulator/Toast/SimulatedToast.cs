namespace PosModular.Simulator.Toast;

/// <summary>Toast's side of the simulator, for tests that share its process.</summary>
public sealed class SimulatedToast(RestaurantStore restaurants, LoginStore logins, ToastLedger ledger, ToastWebhookSender deliveries)
{
    /// <summary>Restaurants and API clients.</summary>
    public RestaurantStore Restaurants { get; } = restaurants;

    /// <summary>Logins and tokens.</summary>
    public LoginStore Logins { get; } = logins;

    /// <summary>Orders and the events that told of them.</summary>
    public ToastLedger Ledger { get; } = ledger;

    /// <summary>What became of each webhook.</summary>
    public ToastWebhookSender Deliveries { get; } = deliveries;
}
