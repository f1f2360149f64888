using NodaTime;

namespace Integrations.Contracts.Connections;

/// <summary>The states of payments, refunds and orders that one webhook event or one page reported.</summary>
public sealed record PosObservations
{
    /// <summary>The payments, each in its reported state.</summary>
    public IReadOnlyList<PosPayment> Payments { get; init; } = [];

    /// <summary>The refunds, each in its reported state.</summary>
    public IReadOnlyList<PosRefund> Refunds { get; init; } = [];

    /// <summary>The orders, each in its reported state. They supply the breakdown of their payments.</summary>
    public IReadOnlyList<PosOrder> Orders { get; init; } = [];

    /// <summary>The ids of orders that have changed. The event carries no more than the id, so these orders must be fetched.</summary>
    public IReadOnlyList<string> ChangedOrderIds { get; init; } = [];
}

/// <summary>One state of a payment, as its provider reported it.</summary>
/// <param name="ExternalId">The provider's payment id.</param>
/// <param name="OrderId">The provider's order id; null when the payment belongs to no order.</param>
/// <param name="LocationId">The location that took the payment.</param>
/// <param name="State">The state of the payment.</param>
/// <param name="OccurredAt">When the payment was taken: the provider's creation time, or the client's own time for an offline
/// payment.</param>
/// <param name="UpdatedAt">The provider's modification time in whole microseconds. It is the first part of the payment's version.</param>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="TotalMinor">What the guest paid, tip included, in minor units.</param>
/// <param name="TipMinor">The tip within the total, in minor units.</param>
/// <param name="RefundedMinor">The amount refunded so far, in minor units.</param>
/// <param name="Method">The payment method.</param>
/// <param name="Card">The card; null when the payment was not made by card.</param>
public sealed record PosPayment(
    string ExternalId,
    string? OrderId,
    string LocationId,
    PaymentState State,
    Instant OccurredAt,
    Instant UpdatedAt,
    string Currency,
    long TotalMinor,
    long TipMinor,
    long RefundedMinor,
    PaymentMethod Method,
    PosCard? Card
)
{
    /// <summary>When the amount refunded was last given back, when the provider reports refunds with the payment (Toast); null when they
    /// are reported as refunds or when there is none.</summary>
    public Instant? RefundedAt { get; init; }

    /// <summary>The amounts within the total, when the provider reports them with the payment (Toast); null when they must be read from
    /// the order.</summary>
    public PosBreakdown? Breakdown { get; init; }

    /// <summary>The guest, as far as the provider names them with the payment; null when it names nobody.</summary>
    public PosCustomer? Customer { get; init; }
}

/// <summary>What a provider reports about the guest of a payment. E-mail addresses and phone numbers leave the translation as keyed hashes
/// only.</summary>
/// <param name="Id">The provider's customer id, the same at each payment of one customer; null when there is none.</param>
/// <param name="EmailHash">The keyed hash of the e-mail address; null when the provider does not report one.</param>
/// <param name="PhoneHash">The keyed hash of the phone number; null when the provider does not report one.</param>
public sealed record PosCustomer(string? Id, string? EmailHash, string? PhoneHash);

/// <summary>The amounts that make up a total, in minor units of its currency.</summary>
/// <param name="TaxMinor">Tax within the total.</param>
/// <param name="DiscountMinor">Discount, already deducted from the total.</param>
/// <param name="ServiceChargeMinor">Service charge within the total.</param>
public sealed record PosBreakdown(long TaxMinor, long DiscountMinor, long ServiceChargeMinor);

/// <summary>One state of a refund, as its provider reported it.</summary>
/// <param name="ExternalId">The provider's refund id.</param>
/// <param name="PaymentId">The payment that the refund belongs to; null for an unlinked refund.</param>
/// <param name="OrderId">The provider's order id of the refund; null when it has none.</param>
/// <param name="LocationId">The location that made the refund.</param>
/// <param name="State">The state of the refund.</param>
/// <param name="AmountMinor">The refunded amount in minor units; never negative.</param>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="Reason">The reason that the seller entered; null when they entered none.</param>
/// <param name="CreatedAt">The provider's creation time.</param>
/// <param name="UpdatedAt">The provider's modification time in whole microseconds. It is the first part of the refund's version.</param>
public sealed record PosRefund(
    string ExternalId,
    string? PaymentId,
    string? OrderId,
    string LocationId,
    RefundState State,
    long AmountMinor,
    string Currency,
    string? Reason,
    Instant CreatedAt,
    Instant UpdatedAt
);

/// <summary>The state of a refund. The database stores the numbers; a higher number is more final.</summary>
public enum RefundState : short
{
    Pending = 0,
    Rejected = 1,
    Failed = 2,
    Completed = 3,
}

/// <summary>One state of an order, as far as the breakdown of its payments needs it. Amounts are in minor units.</summary>
/// <param name="ExternalId">The provider's order id.</param>
/// <param name="LocationId">The location that took the order.</param>
/// <param name="Version">The provider's version number, which grows with each change.</param>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="Amounts">The amounts of the whole order, however many payments paid it.</param>
public sealed record PosOrder(string ExternalId, string LocationId, long Version, string Currency, PosBreakdown Amounts);

/// <summary>What a provider reports about a card.</summary>
/// <param name="Brand">The brand as Square spells it: VISA, MASTERCARD, AMERICAN_EXPRESS …</param>
/// <param name="Last4">The last four digits of the card number.</param>
/// <param name="EntryMethod">How the card was read: KEYED, SWIPED, EMV, ON_FILE, CONTACTLESS …</param>
/// <param name="Fingerprint">The provider's fingerprint of the card, the same at each of its payments; null when there is none.</param>
public sealed record PosCard(string? Brand, string? Last4, string? EntryMethod, string? Fingerprint);

/// <summary>The state of a payment. The database stores the numbers; a higher number is more final.</summary>
public enum PaymentState : short
{
    Pending = 0,
    Authorized = 1,
    Failed = 2,
    Canceled = 3,
    Captured = 4,
}

/// <summary>How a transaction was paid.</summary>
/// <remarks>The database stores the numbers.</remarks>
public enum PaymentMethod : short
{
    /// <summary>A credit or debit card.</summary>
    Card = 1,

    /// <summary>Cash payment.</summary>
    Cash = 2,

    /// <summary>A gift card of the venue or the provider.</summary>
    GiftCard = 3,

    /// <summary>A digital wallet that is not a card.</summary>
    Wallet = 4,

    /// <summary>A bank transfer.</summary>
    BankAccount = 5,

    /// <summary>A buy-now-pay-later service.</summary>
    BuyNowPayLater = 6,

    /// <summary>Charged to a house account, to be settled later.</summary>
    HouseAccount = 7,

    /// <summary>Any other method.</summary>
    Other = 8,
}
