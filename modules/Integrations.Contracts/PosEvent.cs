using NodaTime;

namespace Integrations.Contracts;

/// <summary>A provider's webhook in our own words.</summary>
/// <param name="EventId">The provider's; null when the body has none.</param>
/// <param name="Type">The provider's, e.g. payment.updated; null when the body has none.</param>
/// <param name="MerchantId">Whose event it is.</param>
/// <param name="LocationId">The till's location, as the payment itself says.</param>
/// <param name="Payment">The payment as it stood at the event; null when the event is of another kind.</param>
/// <param name="Unreadable">Why nothing can be made of it (not JSON, no amount …); null for a readable event.</param>
public sealed record PosEvent(string? EventId, string? Type, string? MerchantId, string? LocationId, PosPayment? Payment, string? Unreadable);

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
    string ExternalId, string? OrderId, string LocationId, PaymentState State, Instant OccurredAt, Instant UpdatedAt,
    string Currency, long TotalMinor, long TipMinor, long RefundedMinor, PaymentMethod Method, PosCard? Card);

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
