namespace PosModular.Simulator.Toast;

/// <summary>Toast's side of the simulator, for tests that share its process.</summary>
public sealed class ToastBooks(RestaurantBook restaurants, LoginBook logins, ToastLedger ledger, ToastDeliveries deliveries)
{
    /// <summary>Restaurants and API clients.</summary>
    public RestaurantBook Restaurants { get; } = restaurants;

    /// <summary>Logins and tokens.</summary>
    public LoginBook Logins { get; } = logins;

    /// <summary>Orders and the events that told of them.</summary>
    public ToastLedger Ledger { get; } = ledger;

    /// <summary>What became of each webhook.</summary>
    public ToastDeliveries Deliveries { get; } = deliveries;
}
