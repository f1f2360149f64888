namespace PosModular.Simulator.Toast;

/// <summary>Which of a payment's days is meant.</summary>
internal enum PaymentDay
{
    Paid,
    Refunded,
    Voided,
}

/// <summary>Payments by restaurant and business day. Guarded by the ledger's lock.</summary>
internal sealed class PaymentDays(RestaurantBook restaurants)
{
    private readonly Dictionary<(Guid Restaurant, PaymentDay Kind, int Day), HashSet<Guid>> _payments = [];

    public IReadOnlyList<Guid> On(Guid restaurant, PaymentDay kind, int day) =>
        _payments.TryGetValue((restaurant, kind, day), out var found) ? [.. found] : [];

    public void Put(ToastOrder order)
    {
        foreach (var (key, payment) in Days(order))
        {
            if (!_payments.TryGetValue(key, out var there))
                _payments[key] = there = [];
            there.Add(payment);
        }
    }

    public void Take(ToastOrder order)
    {
        foreach (var (key, payment) in Days(order))
            _payments[key].Remove(payment);
    }

    private IEnumerable<((Guid, PaymentDay, int) Key, Guid Payment)> Days(ToastOrder order)
    {
        var restaurant = restaurants.Find(order.RestaurantGuid)!;
        foreach (var payment in order.Checks.SelectMany(c => c.Payments))
        {
            yield return ((restaurant.Guid, PaymentDay.Paid, restaurant.BusinessDate(payment.PaidAt!.Value)), payment.Guid);
            if (payment.Refund is { } refund)
                yield return ((restaurant.Guid, PaymentDay.Refunded, restaurant.BusinessDate(refund.At)), payment.Guid);
            if (payment.VoidedAt is { } voided)
                yield return ((restaurant.Guid, PaymentDay.Voided, restaurant.BusinessDate(voided)), payment.Guid);
        }
    }
}
