namespace PosModular.Simulator.Toast;

/// <summary>
/// Toast's data: the current state of every order, and the event of every change. Amounts are in minor units. An unknown guid throws
/// <see cref="KeyNotFoundException"/>, an impossible change <see cref="InvalidOperationException"/>. In methods that change something,
/// <c>at</c> becomes modifiedDate (default: now), and <c>announce: false</c> stores the event without sending it. Thread-safe.
/// </summary>
public sealed partial class ToastLedger(TimeProvider clock, RestaurantStore restaurants, ToastWebhookSender deliveries)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, ToastOrder> _orders = [];
    private readonly Dictionary<Guid, Guid> _orderGuids = []; // by the guid of a check or a payment
    private readonly Dictionary<Guid, ToastOrderIndex> _indexByRestaurant = [];
    private readonly Dictionary<(Guid Restaurant, int Day), ToastOrderIndex> _indexByBusinessDate = [];
    private readonly PaymentsByBusinessDate _paymentsByBusinessDate = new(restaurants);

    /// <summary>Adds an order; omitted times and statuses get their defaults.</summary>
    public ToastOrder AddOrder(ToastOrder draft, bool announce = true)
    {
        var restaurant = restaurants.Find(draft.RestaurantGuid) ?? throw new KeyNotFoundException($"No restaurant {draft.RestaurantGuid}.");
        var order = draft.WithDefaults(restaurant, clock.GetUtcNow());
        lock (_gate)
        {
            if (_orders.ContainsKey(order.Guid))
                throw new InvalidOperationException($"Order {order.Guid} exists.");
            Save(null, order, announce);
            return order;
        }
    }

    /// <summary>Adds a simple sale.</summary>
    public ToastOrder AddSale(ToastSale sale) => AddOrder(sale.ToOrder(), sale.Announce);

    /// <summary>AUTHORIZED → CAPTURED.</summary>
    public ToastOrder Capture(Guid paymentGuid, DateTimeOffset? at = null, bool announce = true) =>
        ChangePayment(paymentGuid, at, announce, (payment, _) => payment.AsCaptured());

    /// <summary>Replaces the tip, before the capture or after it.</summary>
    public ToastOrder SetTip(Guid paymentGuid, long tip, DateTimeOffset? at = null, bool announce = true) =>
        ChangePayment(paymentGuid, at, announce, (payment, _) => payment.WithTip(tip));

    /// <summary>Refunds parts of the amount and of the tip, or by default all of both; the payment stays CAPTURED.</summary>
    public ToastOrder RefundPayment(
        Guid paymentGuid,
        long? amount = null,
        long? tip = null,
        DateTimeOffset? at = null,
        bool announce = true
    ) => ChangePayment(paymentGuid, at, announce, (payment, now) => payment.WithRefund(amount, tip, now));

    /// <summary>Voids a payment that has no refund: any status → VOIDED.</summary>
    public ToastOrder VoidPayment(Guid paymentGuid, DateTimeOffset? at = null, bool announce = true) =>
        ChangePayment(paymentGuid, at, announce, (payment, now) => payment.AsVoided(now));

    /// <summary>Voids the order with its checks and payments.</summary>
    public ToastOrder VoidOrder(Guid orderGuid, DateTimeOffset? at = null, bool announce = true) =>
        EditOrder(
            orderGuid,
            (order, now) => order with { VoidedAt = now, Checks = [.. order.Checks.Select(c => Voided(c, now))] },
            at,
            announce
        );

    /// <summary>Deletes the order; its payments keep their statuses.</summary>
    public ToastOrder DeleteOrder(Guid orderGuid, DateTimeOffset? at = null, bool announce = true) =>
        EditOrder(orderGuid, (order, now) => order with { DeletedAt = now }, at, announce);

    /// <summary>Closes the order: every check is CLOSED.</summary>
    public ToastOrder CloseOrder(Guid orderGuid, DateTimeOffset? at = null, bool announce = true) =>
        EditOrder(
            orderGuid,
            (order, now) => order with { ClosedAt = now, Checks = [.. order.Checks.Select(c => c with { ClosedAt = c.ClosedAt ?? now })] },
            at,
            announce
        );

    /// <summary>Voids the check with its payments.</summary>
    public ToastOrder VoidCheck(Guid checkGuid, DateTimeOffset? at = null, bool announce = true) =>
        ChangeCheck(checkGuid, at, announce, Voided);

    /// <summary>Deletes the check; its payments keep their statuses.</summary>
    public ToastOrder DeleteCheck(Guid checkGuid, DateTimeOffset? at = null, bool announce = true) =>
        ChangeCheck(checkGuid, at, announce, (check, now) => check with { DeletedAt = now });

    /// <summary>Adds a check.</summary>
    public ToastOrder AddCheck(Guid orderGuid, Check check, DateTimeOffset? at = null, bool announce = true) =>
        EditOrder(orderGuid, (order, now) => order with { Checks = order.Checks.Add(ToastOrder.WithDefaults(check, now)) }, at, announce);

    /// <summary>Adds a payment to a check.</summary>
    public ToastOrder AddPayment(Guid checkGuid, ToastPayment payment, DateTimeOffset? at = null, bool announce = true) =>
        ChangeCheck(checkGuid, at, announce, (check, now) =>
            check with
            {
                Payments = check.Payments.Add(ToastOrder.WithDefaults(payment, now)),
            }
        );

    /// <summary>Adds a discount to a check, even if it is paid.</summary>
    public ToastOrder AddDiscount(Guid checkGuid, AppliedDiscount discount, DateTimeOffset? at = null, bool announce = true) =>
        ChangeCheck(checkGuid, at, announce, (check, _) => check with { Discounts = check.Discounts.Add(discount) });

    /// <summary>
    /// Makes any other change; <paramref name="change"/> gets the order and the time. Guids of its parts must not change.
    /// </summary>
    public ToastOrder EditOrder(
        Guid orderGuid,
        Func<ToastOrder, DateTimeOffset, ToastOrder> change,
        DateTimeOffset? at = null,
        bool announce = true
    )
    {
        lock (_gate)
        {
            var before = _orders.TryGetValue(orderGuid, out var found) ? found : throw new KeyNotFoundException($"No order {orderGuid}.");
            var now = SquareTime.TruncateToMilliseconds(at ?? clock.GetUtcNow());
            var after = change(before, now).ModifiedFrom(before, now);
            Save(before, after, announce);
            return after;
        }
    }

    private ToastOrder ChangeCheck(Guid checkGuid, DateTimeOffset? at, bool announce, Func<Check, DateTimeOffset, Check> change) =>
        EditOrder(FindOrderGuid(checkGuid), (order, now) => order.WithCheck(checkGuid, check => change(check, now)), at, announce);

    private ToastOrder ChangePayment(
        Guid paymentGuid,
        DateTimeOffset? at,
        bool announce,
        Func<ToastPayment, DateTimeOffset, ToastPayment> change
    ) =>
        EditOrder(
            FindOrderGuid(paymentGuid),
            (order, now) => order.WithPayment(paymentGuid, payment => change(payment, now)),
            at,
            announce
        );

    private Guid FindOrderGuid(Guid part)
    {
        lock (_gate)
            return _orderGuids.TryGetValue(part, out var order) ? order : throw new KeyNotFoundException($"No check or payment {part}.");
    }

    private static Check Voided(Check check, DateTimeOffset now) =>
        check with
        {
            VoidedAt = now,
            Selections = [.. check.Selections.Select(s => s with { Voided = true })],
            Payments = [.. check.Payments.Select(p => p.IsActive && p.Refund is null ? p.AsVoided(now) : p)],
        };

    private void Save(ToastOrder? before, ToastOrder after, bool announce)
    {
        if (before is not null)
        {
            IndexOf(before.RestaurantGuid).Remove(before);
            IndexOf(before.RestaurantGuid, before.BusinessDate).Remove(before);
            _paymentsByBusinessDate.Remove(before);
        }

        _orders[after.Guid] = after;
        IndexOf(after.RestaurantGuid).Add(after);
        IndexOf(after.RestaurantGuid, after.BusinessDate).Add(after);
        _paymentsByBusinessDate.Add(after);
        foreach (var check in after.Checks)
        {
            _orderGuids[check.Guid] = after.Guid;
            foreach (var payment in check.Payments)
                _orderGuids[payment.Guid] = after.Guid;
        }

        RecordEvent(after, announce);
    }

    private ToastOrderIndex IndexOf(Guid restaurant)
    {
        if (!_indexByRestaurant.TryGetValue(restaurant, out var shelf))
            _indexByRestaurant[restaurant] = shelf = new ToastOrderIndex();
        return shelf;
    }

    private ToastOrderIndex IndexOf(Guid restaurant, int businessDate)
    {
        if (!_indexByBusinessDate.TryGetValue((restaurant, businessDate), out var shelf))
            _indexByBusinessDate[(restaurant, businessDate)] = shelf = new ToastOrderIndex();
        return shelf;
    }
}
