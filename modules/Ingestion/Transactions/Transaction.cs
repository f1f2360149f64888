using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Amounts;

namespace Ingestion.Transactions;

/// <summary>A sale: one payment at the till. Or money given back that belongs to no known sale: total 0, refunded its amount.</summary>
internal sealed class Transaction(IVenue venue, TransactionRow row, TransactionVersionRow? version = null) : ITransaction
{
    public const string CursorKind = "feed";

    [Ignore]
    public IVenue Venue => venue;

    [Ignore]
    public TransactionRow Row => row;

    [Ignore]
    public string VenueId => venue.Id;

    /// <summary>A version-7 UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>Its place in the venue's feed. Pass it to transactionChanged(after:) or transactionAdded(after:).</summary>
    public string Cursor => PosModular.Kernel.Paging.Cursor.EncodeSequence(CursorKind, venue.Id, version?.Seq ?? row.LastSeq);

    /// <summary>The connection it came in by.</summary>
    public Guid ConnectionId => row.ConnectionId;

    /// <summary>Whose till took it.</summary>
    public Provider Provider => row.Provider;

    /// <summary>The provider's payment id.</summary>
    public string ExternalId => row.ExternalId;

    /// <summary>The provider's order id.</summary>
    public string? ExternalOrderId => row.ExternalOrderId;

    /// <summary>How far it is.</summary>
    public TransactionStatus Status => version?.Status ?? row.Status;

    /// <summary>What the guest paid, tip included.</summary>
    public Money Total => Amount(TotalMinor);

    /// <summary>total − tax − tip − service charge + discount.</summary>
    public Money Subtotal => Amount(TotalMinor - TaxMinor - TipMinor - ServiceChargeMinor + DiscountMinor);

    /// <summary>Of the total; 0 while breakdownComplete is false.</summary>
    public Money Tax => Amount(TaxMinor);

    /// <summary>Of the total.</summary>
    public Money Tip => Amount(TipMinor);

    /// <summary>What was taken off before the total; 0 while breakdownComplete is false.</summary>
    public Money Discount => Amount(DiscountMinor);

    /// <summary>Of the total; 0 while breakdownComplete is false.</summary>
    public Money ServiceCharge => Amount(ServiceChargeMinor);

    /// <summary>Given back so far, at most the total; of a refund that belongs to no known sale, all of it.</summary>
    public Money Refunded => Amount(RefundedMinor);

    /// <summary>total − refunded; negative for a refund that belongs to no known sale.</summary>
    public Money Net => Amount(TotalMinor - RefundedMinor);

    /// <summary>False while tax, discount and service charge are still to be fetched from the order.</summary>
    public bool BreakdownComplete => version?.BreakdownComplete ?? row.BreakdownComplete;

    /// <summary>How it was paid.</summary>
    public PaymentMethod PaymentMethod => version?.PaymentMethod ?? row.PaymentMethod;

    /// <summary>Null when no card was used.</summary>
    public Card? Card =>
        row is { CardBrand: null, CardLast4: null, CardToken: null, CardEntryMethod: null }
            ? null
            : new Card(row.CardBrand, row.CardLast4, row.CardEntryMethod, row.CardToken);

    /// <summary>Whose sale it is; null while nobody is known.</summary>
    [Id]
    public string? UserId => version is null ? row.UserId : version.UserId;

    /// <summary>What tied it to the user.</summary>
    public MatchedBy? MatchedBy => UserId is null ? null : row.MatchedBy;

    /// <summary>The provider's creation time; the client's own for a sale taken offline.</summary>
    public Instant OccurredAt => version?.OccurredAt ?? row.OccurredAt;

    /// <summary>The venue's day it belongs to.</summary>
    public LocalDate BusinessDate => venue.BusinessDateOf(OccurredAt);

    /// <summary>When it first came in here.</summary>
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

/// <summary>The card a sale was paid with.</summary>
/// <param name="Brand">As Square spells it: VISA, MASTERCARD, AMERICAN_EXPRESS …</param>
/// <param name="Last4">The last four digits.</param>
/// <param name="EntryMethod">KEYED, SWIPED, EMV, ON_FILE, CONTACTLESS …</param>
/// <param name="Token">Opaque, the same at each sale with this card; pass it to linkCard.</param>
internal sealed record Card(string? Brand, string? Last4, string? EntryMethod, string? Token);
