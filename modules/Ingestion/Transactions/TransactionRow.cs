using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Transactions;

/// <summary>Who tied a sale to its user.</summary>
internal enum MatchedBy : short
{
    /// <summary>The card is linked to the user.</summary>
    Card = 1,

    /// <summary>Somebody did it by hand.</summary>
    Hand = 2,
}

/// <summary>The one truth about a payment: key (venue, provider, payment id). Three groups of columns, each with its own version, so that
/// none wipes another: the payment, the order's breakdown, the link to a user.</summary>
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

    // The payment group's version: see PaymentVersion.
    public Instant PaymentUpdatedAt { get; init; }
    public long PaymentRefundedMinor { get; init; }
    public long PaymentHash { get; init; }

    public long TaxMinor { get; init; }
    public long DiscountMinor { get; init; }
    public long ServiceChargeMinor { get; init; }
    public bool BreakdownComplete { get; init; }

    /// <summary>Its till's sales unlock nothing (processRules: false).</summary>
    public bool RulesOff { get; init; }

    /// <summary>The order's version the breakdown was read from; null while there is none, and where the payment itself told it.</summary>
    public long? OrderVersion { get; init; }

    public string? UserId { get; init; }
    public MatchedBy? MatchedBy { get; init; }

    public Instant RecordedAt { get; init; }

    /// <summary>Its latest applied version in the venue's feed.</summary>
    public long LastSeq { get; init; }

    /// <summary>The version with which it was first authorised or captured; null while it is neither.</summary>
    public long? AddedSeq { get; init; }

    public static void Map(EntityTypeBuilder<TransactionRow> row)
    {
        row.ToTable("transactions").HasKey(t => new { t.VenueId, t.Id });
        row.Property(t => t.Provider).HasConversion<short>();
        row.Property(t => t.Status).HasConversion<short>();
        row.Property(t => t.PaymentMethod).HasConversion<short>();
        row.Property(t => t.MatchedBy).HasConversion<short?>();
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
        // An order's amounts are shared among all that paid it.
        row.HasIndex(t => new
            {
                t.VenueId,
                t.Provider,
                t.ExternalOrderId,
            })
            .HasFilter("external_order_id is not null");
    }
}
