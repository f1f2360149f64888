namespace PosModular.Simulator.Toast;

/// <summary>The amounts of one payment, in minor units, for reconciliation.</summary>
/// <param name="PaymentGuid">The payment.</param>
/// <param name="CheckGuid">Its check.</param>
/// <param name="OrderGuid">Its order.</param>
/// <param name="RestaurantGuid">The restaurant.</param>
/// <param name="Currency">ISO 4217 currency.</param>
/// <param name="State">Its status; VOIDED also when its check or order was voided or deleted.</param>
/// <param name="Type">The payment type.</param>
/// <param name="Total">Tip included.</param>
/// <param name="Tip">The tip.</param>
/// <param name="Refunded">Refunded so far, tips included.</param>
/// <param name="OccurredAt">The payment's paidDate.</param>
/// <param name="IsExcludedFromSales">Whether the order is a training order or excess food.</param>
public sealed record ToastPaymentSummary(
    Guid PaymentGuid,
    Guid CheckGuid,
    Guid OrderGuid,
    Guid RestaurantGuid,
    string Currency,
    ToastPaymentStatus State,
    ToastPaymentType Type,
    long Total,
    long Tip,
    long Refunded,
    DateTimeOffset OccurredAt,
    bool IsExcludedFromSales
)
{
    internal ToastPaymentSummary(ToastOrder order, Check check, ToastPayment payment, string currency)
        : this(
            payment.Guid,
            check.Guid,
            order.Guid,
            order.RestaurantGuid,
            currency,
            new ToastCheckSummary(order, check, currency).IsActive ? payment.Status!.Value : ToastPaymentStatus.Voided,
            payment.Type,
            payment.Total,
            payment.Tip,
            payment.Refunded,
            payment.PaidAt!.Value,
            order.CreatedInTestMode || order.ExcessFood
        ) { }
}

/// <summary>The amounts of one check, in minor units.</summary>
/// <param name="CheckGuid">The check.</param>
/// <param name="OrderGuid">Its order.</param>
/// <param name="Currency">ISO 4217 currency.</param>
/// <param name="Amount">After discounts and service charges, without tax and gratuity.</param>
/// <param name="Tax">Tax of its selections.</param>
/// <param name="Discount">Sum of the discounts on the check and on its selections.</param>
/// <param name="ServiceCharge">Without gratuities.</param>
/// <param name="Gratuity">Service charges that go to the staff.</param>
/// <param name="Total">With tax and gratuity.</param>
/// <param name="IsActive">Whether neither it nor its order was voided or deleted.</param>
public sealed record ToastCheckSummary(
    Guid CheckGuid,
    Guid OrderGuid,
    string Currency,
    long Amount,
    long Tax,
    long Discount,
    long ServiceCharge,
    long Gratuity,
    long Total,
    bool IsActive
)
{
    internal ToastCheckSummary(ToastOrder order, Check check, string currency)
        : this(
            check.Guid,
            order.Guid,
            currency,
            check.Amount,
            check.TaxAmount,
            check.Discount,
            check.ServiceCharge,
            check.Gratuity,
            check.TotalAmount,
            (check.VoidedAt ?? check.DeletedAt ?? order.VoidedAt ?? order.DeletedAt) is null
        ) { }
}
