using PosModular.Simulator.Orders;

namespace PosModular.Simulator.Payments;

/// <content>Orders.</content>
public sealed partial class SquareLedger
{
    private readonly Dictionary<string, Order> _orders = [];
    private readonly HashSet<string> _hiddenOrderIds = [];

    /// <summary>Null when it does not exist. Hidden orders are found, too.</summary>
    public Order? FindOrder(string orderId)
    {
        lock (_gate)
            return _orders.GetValueOrDefault(orderId);
    }

    /// <summary>
    /// Overrides amounts of an order, e.g. with a discount given later, whatever its payments add up to. Event: order.updated with a
    /// higher version.
    /// </summary>
    public Order EditOrder(string orderId, OrderEdit edit, DateTimeOffset? at = null, bool announce = true)
    {
        lock (_gate)
        {
            var before = _orders.TryGetValue(orderId, out var found) ? found : throw new KeyNotFoundException($"No order {orderId}.");
            return Save(before.With(edit, SquareTime.TruncateToMilliseconds(at ?? clock.GetUtcNow())), announce);
        }
    }

    /// <summary>Makes the order unreadable through the API, like an order that Square has not finished yet. It need not exist.</summary>
    public void HideOrder(string orderId)
    {
        lock (_gate)
            _hiddenOrderIds.Add(orderId);
    }

    /// <summary>Reverts <see cref="HideOrder"/>.</summary>
    public void ShowOrder(string orderId)
    {
        lock (_gate)
            _hiddenOrderIds.Remove(orderId);
    }

    internal Order? ReadableOrder(string orderId, string merchantId)
    {
        lock (_gate)
            return _orders.TryGetValue(orderId, out var order) && order.MerchantId == merchantId && !_hiddenOrderIds.Contains(orderId)
                ? order
                : null;
    }

    /// <summary>The order after a payment was added or changed, not yet stored.</summary>
    private Order OrderWith(Payment payment)
    {
        if (_orders.TryGetValue(payment.OrderId, out var before))
        {
            if (before.LocationId != payment.LocationId)
                throw new InvalidOperationException($"Order {before.Id} is of location {before.LocationId}.");
            return before.With(payment, payment.UpdatedAt);
        }

        var order = new Order
        {
            Id = payment.OrderId,
            MerchantId = payment.MerchantId,
            LocationId = payment.LocationId,
            Currency = payment.Currency,
            CreatedAt = payment.CreatedAt,
            UpdatedAt = payment.UpdatedAt,
            Payments = [payment],
        };
        return order.State is OrderState.Open ? order : order with { ClosedAt = order.UpdatedAt };
    }

    private Order Save(Order order, bool announce)
    {
        _orders[order.Id] = order;
        RecordEvent(order.Version == 1 ? "order.created" : "order.updated", order, announce);
        return order;
    }
}
