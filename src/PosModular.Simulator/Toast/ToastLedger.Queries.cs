namespace PosModular.Simulator.Toast;

/// <content>Queries, and the events of changes.</content>
public sealed partial class ToastLedger
{
    private readonly Dictionary<Guid, ToastEvent> _events = [];
    private readonly List<ToastEvent> _eventsInOrder = [];

    /// <summary>Null when it does not exist.</summary>
    public ToastOrder? Find(Guid orderGuid)
    {
        lock (_gate)
            return _orders.GetValueOrDefault(orderGuid);
    }

    /// <summary>The order of a payment or a check; null when it does not exist.</summary>
    public ToastOrder? FindByPart(Guid paymentOrCheckGuid)
    {
        lock (_gate)
            return _orderGuids.TryGetValue(paymentOrCheckGuid, out var order) ? _orders[order] : null;
    }

    /// <summary>The current state of every order, or of one restaurant's, by the time of opening.</summary>
    public IReadOnlyList<ToastOrder> Orders(Guid? restaurantGuid = null)
    {
        lock (_gate)
            return
            [
                .. _orders
                    .Values.Where(o => restaurantGuid is null || o.RestaurantGuid == restaurantGuid)
                    .OrderBy(o => o.OpenedAt)
                    .ThenBy(o => o.Guid),
            ];
    }

    /// <summary>The amounts of each payment, to reconcile with.</summary>
    public IReadOnlyList<ToastPaymentSummary> Payments(Guid? restaurantGuid = null) =>
        [
            .. from order in Orders(restaurantGuid)
            from check in order.Checks
            from payment in check.Payments
            select new ToastPaymentSummary(order, check, payment, CurrencyOf(order)),
        ];

    /// <summary>The amounts of each check: tax, discounts and service charges to reconcile with.</summary>
    public IReadOnlyList<ToastCheckSummary> Checks(Guid? restaurantGuid = null) =>
        [.. from order in Orders(restaurantGuid) from check in order.Checks select new ToastCheckSummary(order, check, CurrencyOf(order))];

    /// <summary>Every event, or those of one order, in the order of the changes.</summary>
    public IReadOnlyList<ToastEvent> Events(Guid? orderGuid = null)
    {
        lock (_gate)
            return [.. _eventsInOrder.Where(e => orderGuid is null || e.Order.Guid == orderGuid)];
    }

    /// <summary>Sends an event again <paramref name="times"/> times, with the same guid, timestamp and bytes.</summary>
    public ToastEvent Replay(Guid eventGuid, int times = 1)
    {
        lock (_gate)
        {
            var webhookEvent = _events.TryGetValue(eventGuid, out var found)
                ? found
                : throw new KeyNotFoundException($"No event {eventGuid}.");
            for (var i = 0; i < times; i++)
                deliveries.Send(webhookEvent);
            return webhookEvent;
        }
    }

    internal string CurrencyOf(ToastOrder order) => restaurants.Find(order.RestaurantGuid)!.CurrencyCode;

    /// <summary>One page of the orders modified in a window, and whether there are more.</summary>
    internal (IReadOnlyList<ToastOrder> Page, bool More) ListModified(
        Guid restaurant,
        DateTimeOffset from,
        DateTimeOffset to,
        int page,
        int size
    )
    {
        lock (_gate)
        {
            if (!_indexByRestaurant.TryGetValue(restaurant, out var shelf))
                return ([], false);
            var (found, more) = shelf.Page(from, to, page, size);
            return ([.. found.Select(guid => _orders[guid])], more);
        }
    }

    /// <summary>One page of a business date's orders by time of modification, and whether there are more.</summary>
    internal (IReadOnlyList<ToastOrder> Page, bool More) ListByBusinessDate(Guid restaurant, int businessDate, int page, int size)
    {
        lock (_gate)
        {
            if (!_indexByBusinessDate.TryGetValue((restaurant, businessDate), out var shelf))
                return ([], false);
            var (found, more) = shelf.Page(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, page, size);
            return ([.. found.Select(guid => _orders[guid])], more);
        }
    }

    internal IReadOnlyList<Guid> ListPayments(Guid restaurant, PaymentDateKind kind, int businessDate)
    {
        lock (_gate)
            return _paymentsByBusinessDate.Find(restaurant, kind, businessDate);
    }

    /// <summary>Called under the lock, so that the events of an order are queued in the order of its changes.</summary>
    private void RecordEvent(ToastOrder order, bool announce)
    {
        var webhookEvent = new ToastEvent(
            Guid.NewGuid(),
            SquareTime.TruncateToMilliseconds(clock.GetUtcNow()),
            order,
            CurrencyOf(order),
            restaurants.Find(order.RestaurantGuid)!
        );
        _events.Add(webhookEvent.Guid, webhookEvent);
        _eventsInOrder.Add(webhookEvent);
        if (announce)
            deliveries.Send(webhookEvent);
    }
}
