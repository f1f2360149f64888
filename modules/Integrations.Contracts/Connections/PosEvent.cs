using NodaTime;

namespace Integrations.Contracts.Connections;

/// <summary>A provider's webhook in our own words.</summary>
/// <param name="EventId">The provider's; null when the body has none.</param>
/// <param name="Type">The provider's, e.g. payment.updated; null when the body has none.</param>
/// <param name="MerchantId">Whose event it is.</param>
/// <param name="LocationId">The till's location, as the payment, refund or order itself says.</param>
/// <param name="Observations">What it tells; null for an event of a kind that is not used.</param>
/// <param name="UnreadableReason">Why nothing can be made of it (not JSON, no amount …); null for a readable event.</param>
public sealed record PosEvent(
    string? EventId,
    string? Type,
    string? MerchantId,
    string? LocationId,
    PosObservations? Observations,
    string? UnreadableReason
)
{
    /// <summary>Of several things in one event, those that could not be read, with the reason, while <see cref="Observations"/> has the rest: to be kept with the
    /// event, which can be read again. An event of which nothing can be used is <see cref="UnreadableReason"/>.</summary>
    public IReadOnlyList<string> SkippedItems { get; init; } = [];
}

/// <summary>What a provider tells at once, in an event or on a page of a sync.</summary>
public sealed record PosObservations
{
    /// <summary>Payments as they stand.</summary>
    public IReadOnlyList<PosPayment> Payments { get; init; } = [];

    /// <summary>Refunds as they stand.</summary>
    public IReadOnlyList<PosRefund> Refunds { get; init; } = [];

    /// <summary>Orders as they stand, for the breakdown of their payments.</summary>
    public IReadOnlyList<PosOrder> Orders { get; init; } = [];

    /// <summary>Ids of orders that have changed and must be fetched to be known.</summary>
    public IReadOnlyList<string> ChangedOrderIds { get; init; } = [];
}

/// <summary>One state of a payment as its provider tells it.</summary>
/// <param name="ExternalId">The provider's payment id.</param>
/// <param name="OrderId">The provider's order id.</param>
/// <param name="LocationId">The location that took it.</param>
/// <param name="State">How far it is.</param>
/// <param name="OccurredAt">The provider's creation time; the client's own time for a sale taken offline.</param>
/// <param name="UpdatedAt">The provider's; the first part of the version, whole microseconds.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="TotalMinor">What the guest paid, tip included, in minor units.</param>
/// <param name="TipMinor">Of it, the tip.</param>
/// <param name="RefundedMinor">Of it, given back so far.</param>
/// <param name="Method">How it was paid.</param>
/// <param name="Card">The card; null when there was none.</param>
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
    /// <summary>The amounts within the total, where the provider tells them with the payment (Toast); null where they must be read from the order.</summary>
    public PosBreakdown? Breakdown { get; init; }
}

/// <summary>What a total is made of, in minor units of its currency.</summary>
/// <param name="TaxMinor">Of the total.</param>
/// <param name="DiscountMinor">Taken off before the total.</param>
/// <param name="ServiceChargeMinor">Of the total.</param>
public sealed record PosBreakdown(long TaxMinor, long DiscountMinor, long ServiceChargeMinor);

/// <summary>One state of a refund as its provider tells it.</summary>
/// <param name="ExternalId">The provider's refund id.</param>
/// <param name="PaymentId">The payment that was given back; null for an unlinked refund.</param>
/// <param name="OrderId">The provider's order id of the refund.</param>
/// <param name="LocationId">The location that gave it.</param>
/// <param name="State">How far it is.</param>
/// <param name="AmountMinor">Given back, in minor units, 0 or more.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Reason">As the seller wrote it.</param>
/// <param name="CreatedAt">The provider's.</param>
/// <param name="UpdatedAt">The provider's; the first part of the version, whole microseconds.</param>
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

/// <summary>How far a refund is. The numbers are kept in the database; a higher one is more final.</summary>
public enum RefundState : short
{
    Pending = 0,
    Rejected = 1,
    Failed = 2,
    Completed = 3,
}

/// <summary>One state of an order, as far as the breakdown of its payments needs it. Minor units.</summary>
/// <param name="ExternalId">The provider's order id.</param>
/// <param name="LocationId">The location that took it.</param>
/// <param name="Version">The provider's; grows with each change.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Amounts">Of the whole order, however many payments paid it.</param>
public sealed record PosOrder(string ExternalId, string LocationId, long Version, string Currency, PosBreakdown Amounts);

/// <summary>What a provider tells of a card.</summary>
/// <param name="Brand">As Square spells it: VISA, MASTERCARD, AMERICAN_EXPRESS …</param>
/// <param name="Last4">The last four digits.</param>
/// <param name="EntryMethod">KEYED, SWIPED, EMV, ON_FILE, CONTACTLESS …</param>
/// <param name="Fingerprint">The provider's mark of the card, the same at each of its payments; null where there is none.</param>
public sealed record PosCard(string? Brand, string? Last4, string? EntryMethod, string? Fingerprint);

/// <summary>How far a payment is. The numbers are kept in the database; a higher one is more final.</summary>
public enum PaymentState : short
{
    Pending = 0,
    Authorized = 1,
    Failed = 2,
    Canceled = 3,
    Captured = 4,
}

/// <summary>How a sale was paid. The numbers are kept in the database.</summary>
public enum PaymentMethod : short
{
    /// <summary>A credit or debit card.</summary>
    Card = 1,

    /// <summary>Cash.</summary>
    Cash = 2,

    /// <summary>A gift card of the venue or the provider.</summary>
    GiftCard = 3,

    /// <summary>A digital wallet that is not a card.</summary>
    Wallet = 4,

    /// <summary>A bank transfer.</summary>
    BankAccount = 5,

    /// <summary>Pay later.</summary>
    BuyNowPayLater = 6,

    /// <summary>On the house account.</summary>
    HouseAccount = 7,

    /// <summary>Anything else.</summary>
    Other = 8,
}
