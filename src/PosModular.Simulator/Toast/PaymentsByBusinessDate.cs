namespace PosModular.Simulator.Toast;

/// <summary>Which of a payment's business dates is meant.</summary>
internal enum PaymentDateKind
{
    Paid,
    Refunded,
    Voided,
}

/// <summary>Payments by restaurant and business date. Guarded by the ledger's lock.</summary>
internal sealed class PaymentsByBusinessDate(RestaurantStore restaurants)
{
    private readonly Dictionary<(Guid Restaurant, PaymentDateKind Kind, int Day), HashSet<Guid>> _payments = [];

    public IReadOnlyList<Guid> Find(Guid restaurant, PaymentDateKind kind, int businessDate) =>
        _payments.TryGetValue((restaurant, kind, businessDate), out var found) ? [.. found] : [];

    public void Add(ToastOrder order)
    {
        foreach (var (key, payment) in KeysOf(order))
        {
            if (!_payments.TryGetValue(key, out var there))
                _payments[key] = there = [];
            there.Add(payment);
        }
    }

    public void Remove(ToastOrder order)
    {
        foreach (var (key, payment) in KeysOf(order))
            _payments[key].Remove(payment);
    }

    private IEnumerable<((Guid, PaymentDateKind, int) Key, Guid Payment)> KeysOf(ToastOrder order)
    {
        var restaurant = restaurants.Find(order.RestaurantGuid)!;
        foreach (var payment in order.Checks.SelectMany(c => c.Payments))
        {
            yield return ((restaurant.Guid, PaymentDateKind.Paid, restaurant.BusinessDate(payment.PaidAt!.Value)), payment.Guid);
            if (payment.Refund is { } refund)
                yield return ((restaurant.Guid, PaymentDateKind.Refunded, restaurant.BusinessDate(refund.At)), payment.Guid);
            if (payment.VoidedAt is { } voided)
                yield return ((restaurant.Guid, PaymentDateKind.Voided, restaurant.BusinessDate(voided)), payment.Guid);
        }
    }
}
