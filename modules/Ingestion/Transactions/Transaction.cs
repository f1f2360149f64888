using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Amounts;

namespace Ingestion.Transactions;

/// <summary>One payment. A refund whose payment is unknown is a transaction too: its total is 0 and refunded is its amount.</summary>
internal sealed class Transaction(IVenue venue, TransactionRow row, TransactionVersionRow? version = null) : ITransaction
{
    public const string CursorKind = "feed";

    [Ignore]
    public IVenue Venue => venue;

    [Ignore]
    public TransactionRow Row => row;

    [Ignore]
    public string VenueId => venue.Id;

    /// <summary>The transaction's id, a version-7 UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>The transaction's position in the venue's feed. Pass it to transactionChanged(after:) or
    /// transactionAdded(after:).</summary>
    public string Cursor => PosModular.Kernel.Paging.Cursor.EncodeSequence(CursorKind, venue.Id, version?.Seq ?? row.LastSeq);

    /// <summary>The connection through which the payment arrived.</summary>
    public Guid ConnectionId => row.ConnectionId;

    /// <summary>The provider that took the payment.</summary>
    public Provider Provider => row.Provider;

    /// <summary>The provider's payment id.</summary>
    public string ExternalId => row.ExternalId;

    /// <summary>The provider's order id; null when the payment belongs to no order.</summary>
    public string? ExternalOrderId => row.ExternalOrderId;

    /// <summary>The state of the payment.</summary>
    public TransactionStatus Status => version?.Status ?? row.Status;

    /// <summary>What the guest paid, including the tip.</summary>
    public Money Total => Amount(TotalMinor);

    /// <summary>The amount before tax, tip, service charge and discount: total − tax − tip − service charge + discount.</summary>
    public Money Subtotal => Amount(TotalMinor - TaxMinor - TipMinor - ServiceChargeMinor + DiscountMinor);

    /// <summary>The tax within the total; 0 while breakdownComplete is false.</summary>
    public Money Tax => Amount(TaxMinor);

    /// <summary>The tip within the total.</summary>
    public Money Tip => Amount(TipMinor);

    /// <summary>The discount that was taken off before the total; 0 while breakdownComplete is false.</summary>
    public Money Discount => Amount(DiscountMinor);

    /// <summary>The service charge within the total; 0 while breakdownComplete is false.</summary>
    public Money ServiceCharge => Amount(ServiceChargeMinor);

    /// <summary>Amount refunded so far; never more than the total. For a refund whose payment is unknown, the whole amount of the
    /// refund.</summary>
    public Money Refunded => Amount(RefundedMinor);

    /// <summary>The total minus the amount refunded; negative for a refund whose payment is unknown.</summary>
    public Money Net => Amount(TotalMinor - RefundedMinor);

    /// <summary>Whether tax, discount and service charge are known. False while they are still to be fetched from the order.</summary>
    public bool BreakdownComplete => version?.BreakdownComplete ?? row.BreakdownComplete;

    /// <summary>How the guest paid.</summary>
    public PaymentMethod PaymentMethod => version?.PaymentMethod ?? row.PaymentMethod;

    /// <summary>The card that was used; null when the guest paid without one.</summary>
    public Card? Card =>
        row is { CardBrand: null, CardLast4: null, CardToken: null, CardEntryMethod: null }
            ? null
            : new Card(row.CardBrand, row.CardLast4, row.CardEntryMethod, row.CardToken);

    /// <summary>The user who paid; null while the transaction is matched to nobody.</summary>
    [Id]
    public string? UserId => version is null ? row.UserId : version.UserId;

    /// <summary>What matched the transaction to its user; null while it is matched to nobody.</summary>
    public MatchedBy? MatchedBy => UserId is null ? null : row.MatchedBy;

    /// <summary>When the payment was made: the provider's creation time, or the device's own time for an offline payment.</summary>
    public Instant OccurredAt => version?.OccurredAt ?? row.OccurredAt;

    /// <summary>The business date that the transaction belongs to, in the venue's calendar.</summary>
    public LocalDate BusinessDate => venue.BusinessDateOf(OccurredAt);

    /// <summary>When the transaction was first recorded here.</summary>
    public Instant RecordedAt => row.RecordedAt;

    private string Currency => version?.Currency ?? row.Currency;
    private long TotalMinor => version?.TotalMinor ?? row.TotalMinor;
    private long TipMinor => version?.TipMinor ?? row.TipMinor;
    private long TaxMinor => version?.TaxMinor ?? row.TaxMinor;
    private long DiscountMinor => version?.DiscountMinor ?? row.DiscountMinor;
    private long ServiceChargeMinor => version?.ServiceChargeMinor ?? row.ServiceChargeMinor;
    private long RefundedMinor => version?.RefundedMinor ?? row.RefundedMinor;

    private Money Amount(long minor) => new(minor, Currency);
}

/// <summary>The card that a transaction was paid with.</summary>
/// <param name="Brand">The brand as Square spells it, e.g. VISA, MASTERCARD or AMERICAN_EXPRESS; null when unknown.</param>
/// <param name="Last4">The last four digits of the card number; null when unknown.</param>
/// <param name="EntryMethod">How the card was read, e.g. KEYED, SWIPED, EMV, ON_FILE or CONTACTLESS; null when unknown.</param>
/// <param name="Token">An opaque token that is the same for every payment with this card; null when the provider does not identify the
/// card. Pass it to linkCard.</param>
internal sealed record Card(string? Brand, string? Last4, string? EntryMethod, string? Token);
