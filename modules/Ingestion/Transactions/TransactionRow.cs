using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Transactions;

/// <summary>What matched a transaction to its user, from the strongest to the weakest. A stronger match replaces a weaker one. The database
/// stores the numbers.</summary>
internal enum MatchedBy : short
{
    /// <summary>Somebody assigned the transaction by hand.</summary>
    Hand = 2,

    /// <summary>The user claimed the transaction with the code of its receipt.</summary>
    Claim = 3,

    /// <summary>The card is linked to the user.</summary>
    Card = 1,

    /// <summary>The provider's customer is linked to the user.</summary>
    Customer = 4,

    /// <summary>The customer's e-mail address or phone number is linked to the user.</summary>
    Contact = 5,
}

/// <summary>The current state of a payment, keyed by venue, provider and payment id. Four groups of columns have their own versions, so
/// that none overwrites another: the payment, the breakdown from its order, the identities of its customer, and the match to a
/// user.</summary>
internal sealed class TransactionRow
{
    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public Guid ConnectionId { get; init; }
    public Provider Provider { get; init; }
    public required string ExternalId { get; init; }
    public string? ExternalOrderId { get; init; }

    public TransactionStatus Status { get; init; }
    public required string Currency { get; init; }
    public long TotalMinor { get; init; }
    public long TipMinor { get; init; }
    public long RefundedMinor { get; init; }
    public PaymentMethod PaymentMethod { get; init; }
    public string? CardBrand { get; init; }
    public string? CardLast4 { get; init; }
    public string? CardEntryMethod { get; init; }
    public string? CardToken { get; init; }
    public Instant OccurredAt { get; init; }

    // The version of the payment's columns: see PaymentVersion.
    public Instant PaymentUpdatedAt { get; init; }
    public long PaymentRefundedMinor { get; init; }
    public long PaymentHash { get; init; }

    public long TaxMinor { get; init; }
    public long DiscountMinor { get; init; }
    public long ServiceChargeMinor { get; init; }
    public bool BreakdownComplete { get; init; }

    /// <summary>Whether its connection excludes it from rules (processRules: false).</summary>
    public bool RulesOff { get; init; }

    /// <summary>The version of the order that the breakdown comes from; null while there is none and when the payment itself named the
    /// amounts.</summary>
    public long? OrderVersion { get; init; }

    // The identities of the customer, each with the version of the newest state that named it: see SeenIdentities.
    public string? CustomerToken { get; init; }
    public Instant? CustomerTokenAt { get; init; }
    public string? EmailToken { get; init; }
    public Instant? EmailTokenAt { get; init; }
    public string? PhoneToken { get; init; }
    public Instant? PhoneTokenAt { get; init; }

    public string? UserId { get; init; }
    public MatchedBy? MatchedBy { get; init; }

    /// <summary>Whether its guest was forgotten. It has no identities then and is never matched again.</summary>
    public bool IsForgotten { get; init; }

    public Instant RecordedAt { get; init; }

    /// <summary>The sequence number of its latest applied version in the venue's feed.</summary>
    public long LastSeq { get; init; }

    /// <summary>The sequence number of the version that was first authorised or captured; null before.</summary>
    public long? AddedSeq { get; init; }

    public static void Map(EntityTypeBuilder<TransactionRow> row)
    {
        // An order that is fetched later updates the row. With room in its page, the update touches none of the indexes.
        row.ToTable("transactions").HasStorageParameter("fillfactor", 60).HasKey(t => new { t.VenueId, t.Id });
        row.Property(t => t.Provider).HasConversion<short>();
        row.Property(t => t.Status).HasConversion<short>();
        row.Property(t => t.PaymentMethod).HasConversion<short>();
        row.Property(t => t.MatchedBy).HasConversion<short?>();
        row.Property(t => t.IsForgotten).HasDefaultValueSql("false");
        row.Property(t => t.CardLast4).HasColumnName("card_last4");
        row.HasIndex(t => new
            {
                t.VenueId,
                t.Provider,
                t.ExternalId,
            })
            .IsUnique();
        row.HasIndex(t => new
        {
            t.VenueId,
            t.OccurredAt,
            t.Id,
        });
        row.HasIndex(t => new
        {
            t.VenueId,
            t.TotalMinor,
            t.Id,
        });
        row.HasIndex(t => new
            {
                t.VenueId,
                t.UserId,
                t.OccurredAt,
                t.Id,
            })
            .HasFilter("user_id is not null");
        row.HasIndex(t => new { t.VenueId, t.CardToken }).HasFilter("card_token is not null");
        row.HasIndex(t => new { t.VenueId, t.CustomerToken }).HasFilter("customer_token is not null");
        row.HasIndex(t => new { t.VenueId, t.EmailToken }).HasFilter("email_token is not null");
        row.HasIndex(t => new { t.VenueId, t.PhoneToken }).HasFilter("phone_token is not null");
        // An order's amounts are shared among all its payments, which are looked up by the order.
        row.HasIndex(t => new
            {
                t.VenueId,
                t.Provider,
                t.ExternalOrderId,
            })
            .HasFilter("external_order_id is not null");
    }
}
