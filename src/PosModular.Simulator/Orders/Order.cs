using System.Collections.Immutable;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Orders;

/// <summary>Square's Order.state.</summary>
public enum OrderState
{
    /// <summary>Not paid in full, or not captured yet.</summary>
    Open,

    /// <summary>Paid in full and captured.</summary>
    Completed,

    /// <summary>All payments were cancelled.</summary>
    Canceled,
}

/// <summary>
/// One state of an order; a change creates a new one with a higher <see cref="Version"/>. Square creates an order for every payment.
/// Amounts are in minor units of <see cref="Currency"/>; unless set by <see cref="Overrides"/> they are the sums over the payments
/// that were not cancelled. total = subtotal + tax + service charge + tip - discount.
/// </summary>
public sealed record Order
{
    public required string Id { get; init; }
    public required string MerchantId { get; init; }
    public required string LocationId { get; init; }
    public required string Currency { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public int Version { get; init; } = 1;

    /// <summary>The payments' states at that time, oldest first.</summary>
    public ImmutableArray<Payment> Payments { get; init; } = [];

    /// <summary>Amounts that replace the sums.</summary>
    public OrderEdit Overrides { get; init; } = new();

    public long Tax => Overrides.Tax ?? Sum(p => p.Tax);
    public long Discount => Overrides.Discount ?? Sum(p => p.Discount);
    public long ServiceCharge => Overrides.ServiceCharge ?? Sum(p => p.ServiceCharge);
    public long Tip => Sum(p => p.Tip);
    public long Total => Overrides.Total ?? Paid;

    /// <summary>Sum of the payments, tips included.</summary>
    public long Paid => Sum(p => p.Total);

    /// <summary>The price of the goods before tax and discount.</summary>
    public long Subtotal => Total - Tip - Tax - ServiceCharge + Discount;

    /// <summary>Derived from the payments.</summary>
    public OrderState State =>
        Payments.All(p => p.Status is PaymentStatus.Canceled) ? OrderState.Canceled
        : CountedPayments.All(p => p.Status is PaymentStatus.Completed) && Paid >= Total ? OrderState.Completed
        : OrderState.Open;

    private IEnumerable<Payment> CountedPayments =>
        Payments.Any(p => p.Status is not PaymentStatus.Canceled) ? Payments.Where(p => p.Status is not PaymentStatus.Canceled) : Payments;

    /// <summary>Adds the payment or replaces its earlier state.</summary>
    internal Order With(Payment payment, DateTimeOffset at)
    {
        var index = Payments.Select(p => p.Id).ToList().IndexOf(payment.Id);
        return Changed(this with { Payments = index < 0 ? Payments.Add(payment) : Payments.SetItem(index, payment) }, at);
    }

    internal Order With(OrderEdit edit, DateTimeOffset at) => Changed(this with { Overrides = Overrides.MergedWith(edit) }, at);

    private Order Changed(Order after, DateTimeOffset at)
    {
        if (after.Subtotal < 0)
            throw new InvalidOperationException($"Order {Id}: tax and service charge must not exceed the total plus the discount.");
        var later = UpdatedAt.AddMilliseconds(1);
        var updated = at > later ? at : later;
        return after with
        {
            UpdatedAt = updated,
            Version = Version + 1,
            ClosedAt = after.State is OrderState.Open ? null : ClosedAt ?? updated,
        };
    }

    private long Sum(Func<Payment, long> figure) => CountedPayments.Sum(figure);
}

/// <summary>
/// Amounts of an order to override, in minor units; null leaves an amount as it is. The total includes the tip, as Square's does.
/// </summary>
public sealed record OrderEdit(long? Tax = null, long? Discount = null, long? ServiceCharge = null, long? Total = null)
{
    internal OrderEdit MergedWith(OrderEdit next) =>
        new(next.Tax ?? Tax, next.Discount ?? Discount, next.ServiceCharge ?? ServiceCharge, next.Total ?? Total);
}
