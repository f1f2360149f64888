using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Transactions;

/// <summary>What brought a version. The numbers are kept in the database.</summary>
internal enum VersionCause : short
{
    Webhook = 1,
    Sync = 2,
    Recovery = 3,
    Link = 4,
    Order = 5,
    Hand = 6,
}

/// <summary>A state a sale has had: its history, and at the same time the module's feed. Versions that came too late are kept too, not applied.</summary>
internal sealed class TransactionVersionRow
{
    public required string VenueId { get; init; }
    public long Seq { get; init; }
    public Guid TransactionId { get; init; }

    /// <summary>The version it replaced; null for the first one, and for one that was not applied.</summary>
    public long? PreviousSeq { get; init; }
    public bool Applied { get; init; }

    /// <summary>The first one in which the sale was authorised or captured.</summary>
    public bool Added { get; init; }
    public Instant RecordedAt { get; init; }
    public VersionCause Cause { get; init; }
    public string? CauseId { get; init; }

    public Provider Provider { get; init; }
    public TransactionStatus Status { get; init; }
    public required string Currency { get; init; }
    public long TotalMinor { get; init; }
    public long TipMinor { get; init; }
    public long RefundedMinor { get; init; }
    public PaymentMethod PaymentMethod { get; init; }
    public string? UserId { get; init; }
    public Instant OccurredAt { get; init; }
    public long TaxMinor { get; init; }
    public long DiscountMinor { get; init; }
    public long ServiceChargeMinor { get; init; }
    public bool BreakdownComplete { get; init; }

    /// <summary>Its till's sales unlock nothing (processRules: false).</summary>
    public bool RulesOff { get; init; }

    public static void Map(EntityTypeBuilder<TransactionVersionRow> row)
    {
        row.ToTable("transaction_versions").HasKey(v => new { v.VenueId, v.Seq });
        row.Property(v => v.Cause).HasConversion<short>();
        row.Property(v => v.Provider).HasConversion<short>();
        row.Property(v => v.Status).HasConversion<short>();
        row.Property(v => v.PaymentMethod).HasConversion<short>();
        // Not led by the venue: beside the primary key that would look as good to a plan made on an empty table.
        row.HasIndex(v => v.TransactionId);
    }
}
