using GraphQL;
using Ingestion.Contracts;
using Ingestion.Identities;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>One payment. A refund whose payment is unknown is a transaction too: its total is 0 and refunded is its amount.</summary>
internal sealed class Transaction(IVenue venue, TransactionRow row, long? eventSeq = null) : ITransaction, INode
{
    public const string CursorKind = "feed";

    [Ignore]
    public IVenue Venue => venue;

    [Ignore]
    public TransactionRow Row => row;

    [Ignore]
    public string VenueId => venue.Id;

    [Ignore]
    public long Seq => row.LastSeq;

    [Ignore]
    public bool RulesOff => row.RulesOff;

    [Ignore]
    public long? EventSeq => eventSeq;

    /// <summary>The transaction's id, a version-7 UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>The transaction's position in the venue's feed; in a subscription, the position of the event. Pass it to
    /// transactionChanged(after:) or transactionAdded(after:).</summary>
    public string Cursor => PosModular.Kernel.Paging.Cursor.EncodeSequence(CursorKind, venue.Id, eventSeq ?? row.LastSeq);

    /// <summary>The connection through which the payment arrived.</summary>
    public Guid ConnectionId => row.ConnectionId;

    /// <summary>The provider that took the payment.</summary>
    public Provider Provider => row.Provider;

    /// <summary>The provider's payment id.</summary>
    public string ExternalId => row.ExternalId;

    /// <summary>The provider's order id; null when the payment belongs to no order.</summary>
    public string? ExternalOrderId => row.ExternalOrderId;

    /// <summary>The state of the payment.</summary>
    public TransactionStatus Status => row.Status;

    /// <summary>What the guest paid, including the tip.</summary>
    public Money Total => Amount(row.TotalMinor);

    /// <summary>The amount before tax, tip, service charge and discount: total − tax − tip − service charge + discount.</summary>
    public Money Subtotal => Amount(row.TotalMinor - row.TaxMinor - row.TipMinor - row.ServiceChargeMinor + row.DiscountMinor);

    /// <summary>The tax within the total; 0 while breakdownComplete is false.</summary>
    public Money Tax => Amount(row.TaxMinor);

    /// <summary>The tip within the total.</summary>
    public Money Tip => Amount(row.TipMinor);

    /// <summary>The discount that was taken off before the total; 0 while breakdownComplete is false.</summary>
    public Money Discount => Amount(row.DiscountMinor);

    /// <summary>The service charge within the total; 0 while breakdownComplete is false.</summary>
    public Money ServiceCharge => Amount(row.ServiceChargeMinor);

    /// <summary>Amount refunded so far; never more than the total. For a refund whose payment is unknown, the whole amount of the
    /// refund.</summary>
    public Money Refunded => Amount(row.RefundedMinor);

    /// <summary>The total minus the amount refunded; negative for a refund whose payment is unknown.</summary>
    public Money Net => Amount(row.TotalMinor - row.RefundedMinor);

    /// <summary>Whether tax, discount and service charge are known. False while they are still to be fetched from the order.</summary>
    public bool BreakdownComplete => row.BreakdownComplete;

    /// <summary>How the guest paid.</summary>
    public PaymentMethod PaymentMethod => row.PaymentMethod;

    /// <summary>The card that was used; null when the guest paid without one.</summary>
    public Card? Card =>
        row is { CardBrand: null, CardLast4: null, CardToken: null, CardEntryMethod: null }
            ? null
            : new Card(row.CardBrand, row.CardLast4, row.CardEntryMethod, row.CardToken);

    /// <summary>The user who paid; null while the transaction is matched to nobody.</summary>
    [Id]
    public string? UserId => row.UserId;

    /// <summary>What matched the transaction to its user; null while it is matched to nobody.</summary>
    public MatchedBy? MatchedBy => UserId is null ? null : row.MatchedBy;

    /// <summary>What the guest can be recognised by at their next payment, the most trustworthy first. Pass a kind to
    /// linkIdentity.</summary>
    public IReadOnlyList<IdentityKind> IdentityKinds =>
        [
            .. new (IdentityKind Kind, string? Token)[]
            {
                (IdentityKind.Card, row.CardToken),
                (IdentityKind.Customer, row.CustomerToken),
                (IdentityKind.Email, row.EmailToken),
                (IdentityKind.Phone, row.PhoneToken),
            }
                .Where(i => i.Token is not null)
                .Select(i => i.Kind),
        ];

    /// <summary>When the payment was made: the provider's creation time, or the device's own time for an offline payment.</summary>
    public Instant OccurredAt => row.OccurredAt;

    /// <summary>The business date that the transaction belongs to, in the venue's calendar.</summary>
    public LocalDate BusinessDate => venue.BusinessDateOf(OccurredAt);

    /// <summary>When the transaction was first recorded here.</summary>
    public Instant RecordedAt => row.RecordedAt;

    private Money Amount(long minor) => new(minor, row.Currency);
}

/// <summary>The card that a transaction was paid with.</summary>
/// <param name="Brand">The brand as Square spells it, e.g. VISA, MASTERCARD or AMERICAN_EXPRESS; null when unknown.</param>
/// <param name="Last4">The last four digits of the card number; null when unknown.</param>
/// <param name="EntryMethod">How the card was read, e.g. KEYED, SWIPED, EMV, ON_FILE or CONTACTLESS; null when unknown.</param>
/// <param name="Token">An opaque token that is the same for every payment with this card; null when the provider does not identify the
/// card. Pass it to linkCard.</param>
internal sealed record Card(string? Brand, string? Last4, string? EntryMethod, string? Token);
