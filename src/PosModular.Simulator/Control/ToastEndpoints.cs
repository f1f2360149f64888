using PosModular.Simulator.Toast;

namespace PosModular.Simulator.Control;

/// <summary>
/// <list type="bullet">
/// <item><c>POST /_sim/toast/restaurants</c> <see cref="RestaurantDraft"/>: adds a restaurant and an API client; <c>GET</c>
/// lists all.</item>
/// <item><c>PUT /_sim/toast/restaurants/{guid}/webhook</c> <c>{url, secret?}</c>: where its order_updated events are sent.</item>
/// <item><c>PUT /_sim/toast/clients</c> <see cref="ApiClient"/>: adds or replaces a client.</item>
/// <item><c>GET /_sim/toast/logins</c>: number of logins by client; <c>PUT /_sim/toast/logins/limit</c> <c>{maxPerHour}</c>;
/// <c>POST /_sim/toast/clients/{id}/tokens/revoke | expire</c>.</item>
/// <item><c>POST /_sim/toast/orders</c>: an array of <see cref="ToastOrder"/>; <c>POST /_sim/toast/sales</c>: an array of
/// <see cref="ToastSale"/>; <c>POST /_sim/toast/sales/history</c> <see cref="ToastSalesHistory"/>.</item>
/// <item><c>POST /_sim/toast/payments/{guid}/capture | tip | refund | void</c> <see cref="ToastChange"/>.</item>
/// <item><c>POST /_sim/toast/checks/{guid}/void | delete</c>, <c>…/payments</c> <see cref="ToastPayment"/>, <c>…/discounts</c>
/// <see cref="AppliedDiscount"/>; <c>POST /_sim/toast/orders/{guid}/void | delete | close</c>, <c>…/checks</c>
/// <see cref="Check"/>.</item>
/// <item><c>GET /_sim/toast/payments?restaurantGuid=</c> and <c>GET /_sim/toast/checks?restaurantGuid=</c>: to reconcile with.</item>
/// <item><c>GET /_sim/toast/events?orderGuid=</c>; <c>POST /_sim/toast/events/{guid}/replay?times=1</c>;
/// <c>GET /_sim/toast/deliveries</c> and <c>…/failures</c>.</item>
/// </list>
/// </summary>
internal static class ToastEndpoints
{
    public static void MapToast(this IEndpointRouteBuilder control)
    {
        var toast = control.MapGroup("toast");
        toast.MapPost("restaurants", (RestaurantDraft draft, RestaurantStore book) => book.Add(draft));
        toast.MapGet("restaurants", (RestaurantStore book) => book.Restaurants);
        toast.MapPut("restaurants/{guid:guid}/webhook", (Guid guid, WebhookTarget target, RestaurantStore book) =>
            book.SetWebhook(guid, target.Url, target.Secret)
        );
        toast.MapPut("clients", (ApiClient client, RestaurantStore book) => book.Put(client));
        toast.MapGet("logins", (LoginStore logins) => logins.Counts);
        toast.MapPut("logins/limit", (LoginLimit limit, LoginStore logins) =>
        {
            logins.MaxPerHour = limit.MaxPerHour;
        });
        toast.MapPost("clients/{id}/tokens/revoke", (string id, LoginStore logins) => logins.RevokeTokens(id));
        toast.MapPost("clients/{id}/tokens/expire", (string id, LoginStore logins) => logins.ExpireTokens(id));
        MapSales(toast);
        MapChanges(toast);
        toast.MapGet("payments", (Guid? restaurantGuid, ToastLedger ledger) => ledger.Payments(restaurantGuid));
        toast.MapGet("checks", (Guid? restaurantGuid, ToastLedger ledger) => ledger.Checks(restaurantGuid));
        toast.MapGet("events", (Guid? orderGuid, ToastLedger ledger) =>
            ledger.Events(orderGuid).Select(e => new ToastEventSummary(e.Guid, e.Timestamp, e.Order.Guid))
        );
        toast.MapPost("events/{guid:guid}/replay", (Guid guid, int? times, ToastLedger ledger) =>
        {
            ledger.Replay(guid, times ?? 1);
        });
        toast.MapGet("deliveries", (ToastWebhookSender deliveries) => deliveries.Counts);
        toast.MapGet("deliveries/failures", (ToastWebhookSender deliveries) => deliveries.Failures);
    }

    private static void MapSales(RouteGroupBuilder toast)
    {
        toast.MapPost("orders", (ToastOrder[] orders, ToastLedger ledger) => orders.Select(order => ledger.AddOrder(order)).ToList());
        toast.MapPost("sales", (ToastSale[] sales, ToastLedger ledger) => sales.Select(ledger.AddSale).ToList());
        toast.MapPost("sales/history", (ToastSalesHistory history, ToastLedger ledger) => new { Added = history.AddTo(ledger) });
    }

    private static void MapChanges(RouteGroupBuilder toast)
    {
        toast.MapPost("payments/{guid:guid}/capture", (Guid guid, ToastChange? change, ToastLedger ledger) =>
            ledger.Capture(guid, change?.At, change?.Announce ?? true)
        );
        toast.MapPost("payments/{guid:guid}/tip", (Guid guid, ToastChange change, ToastLedger ledger) =>
            ledger.SetTip(guid, change.Tip ?? 0, change.At, change.Announce)
        );
        toast.MapPost("payments/{guid:guid}/refund", (Guid guid, ToastChange? change, ToastLedger ledger) =>
            ledger.RefundPayment(guid, change?.Amount, change?.Tip, change?.At, change?.Announce ?? true)
        );
        toast.MapPost("payments/{guid:guid}/void", (Guid guid, ToastChange? change, ToastLedger ledger) =>
            ledger.VoidPayment(guid, change?.At, change?.Announce ?? true)
        );
        toast.MapPost("checks/{guid:guid}/void", (Guid guid, ToastChange? change, ToastLedger ledger) =>
            ledger.VoidCheck(guid, change?.At, change?.Announce ?? true)
        );
        toast.MapPost("checks/{guid:guid}/delete", (Guid guid, ToastChange? change, ToastLedger ledger) =>
            ledger.DeleteCheck(guid, change?.At, change?.Announce ?? true)
        );
        toast.MapPost("checks/{guid:guid}/payments", (Guid guid, ToastPayment payment, ToastLedger ledger) =>
            ledger.AddPayment(guid, payment)
        );
        toast.MapPost("checks/{guid:guid}/discounts", (Guid guid, AppliedDiscount discount, ToastLedger ledger) =>
            ledger.AddDiscount(guid, discount)
        );
        toast.MapPost("orders/{guid:guid}/void", (Guid guid, ToastChange? change, ToastLedger ledger) =>
            ledger.VoidOrder(guid, change?.At, change?.Announce ?? true)
        );
        toast.MapPost("orders/{guid:guid}/delete", (Guid guid, ToastChange? change, ToastLedger ledger) =>
            ledger.DeleteOrder(guid, change?.At, change?.Announce ?? true)
        );
        toast.MapPost("orders/{guid:guid}/close", (Guid guid, ToastChange? change, ToastLedger ledger) =>
            ledger.CloseOrder(guid, change?.At, change?.Announce ?? true)
        );
        toast.MapPost("orders/{guid:guid}/checks", (Guid guid, Check check, ToastLedger ledger) => ledger.AddCheck(guid, check));
    }

    /// <summary>Body of a change; optional except for a tip.</summary>
    /// <param name="Amount">The amount to refund, without the tip.</param>
    /// <param name="Tip">The new tip, or the part of the tip to refund.</param>
    /// <param name="At">The new modifiedDate; default: now.</param>
    /// <param name="Announce">Whether webhooks are sent; if not, the event can be replayed.</param>
    internal sealed record ToastChange(long? Amount = null, long? Tip = null, DateTimeOffset? At = null, bool Announce = true);

    internal sealed record WebhookTarget(string? Url, string? Secret = null);

    internal sealed record LoginLimit(int? MaxPerHour);

    /// <summary>One event, without its body.</summary>
    internal sealed record ToastEventSummary(Guid Guid, string Timestamp, Guid OrderGuid);
}
