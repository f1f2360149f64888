namespace PosModular.Simulator.Toast;

/// <content>What is in the books, and what was told of it.</content>
public sealed partial class ToastLedger
{
    private readonly Dictionary<Guid, ToastEvent> _events = [];
    private readonly List<ToastEvent> _eventsInOrder = [];

    /// <summary>Null when there is none.</summary>
    public ToastOrder? Find(Guid orderGuid)
    {
        lock (_gate)
            return _orders.GetValueOrDefault(orderGuid);
    }

    /// <summary>The order of a payment or a check; null when there is none.</summary>
    public ToastOrder? FindByPart(Guid paymentOrCheckGuid)
    {
        lock (_gate)
            return _orderGuids.TryGetValue(paymentOrCheckGuid, out var order) ? _orders[order] : null;
    }

    /// <summary>Every order as it stands, the one opened first first; of one restaurant if given.</summary>
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

    /// <summary>One line for each payment: what the product should end up with.</summary>
    public IReadOnlyList<ToastPaymentSummary> Payments(Guid? restaurantGuid = null) =>
        [
            .. from order in Orders(restaurantGuid)
            from check in order.Checks
            from payment in check.Payments
            select new ToastPaymentSummary(order, check, payment, CurrencyOf(order)),
        ];

    /// <summary>One line for each check: tax, discounts and service charges to reconcile with.</summary>
    public IReadOnlyList<ToastCheckSummary> Checks(Guid? restaurantGuid = null) =>
        [.. from order in Orders(restaurantGuid) from check in order.Checks select new ToastCheckSummary(order, check, CurrencyOf(order))];

    /// <summary>Every event in the order of the changes; of one order if given.</summary>
    public IReadOnlyList<ToastEvent> Events(Guid? orderGuid = null)
    {
        lock (_gate)
            return [.. _eventsInOrder.Where(e => orderGuid is null || e.Order.Guid == orderGuid)];
    }

    /// <summary>Sends an event again, as often as asked: the same guid, timestamp and bytes.</summary>
    public ToastEvent Replay(Guid eventGuid, int times = 1)
    {
        lock (_gate)
        {
            var told = _events.TryGetValue(eventGuid, out var found) ? found : throw new KeyNotFoundException($"No event {eventGuid}.");
            for (var i = 0; i < times; i++)
                deliveries.Send(told);
            return told;
        }
    }

    internal string CurrencyOf(ToastOrder order) => restaurants.Find(order.RestaurantGuid)!.CurrencyCode;

    /// <summary>A page of the orders modified in a window.</summary>
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

    /// <summary>A page of the orders of a business day, by modification time too.</summary>
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

    /// <summary>Under the lock, so that the events of an order enter the queue in the order of its changes.</summary>
    private void RecordEvent(ToastOrder order, bool announce)
    {
        var told = new ToastEvent(
            Guid.NewGuid(),
            SquareTime.TruncateToMilliseconds(clock.GetUtcNow()),
            order,
            CurrencyOf(order),
            restaurants.Find(order.RestaurantGuid)!
        );
        _events.Add(told.Guid, told);
        _eventsInOrder.Add(told);
        if (announce)
            deliveries.Send(told);
    }
}
