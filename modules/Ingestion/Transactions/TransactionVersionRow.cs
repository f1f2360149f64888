using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Transactions;

/// <summary>What caused a version. The database stores the numbers.</summary>
internal enum VersionCause : short
{
    Webhook = 1,
    Sync = 2,
    Recovery = 3,
    Link = 4,
    Order = 5,
    Hand = 6,
    Reconciliation = 7,
    Claim = 8,

    /// <summary>Two users are one person.</summary>
    Merge = 9,

    /// <summary>The guest was forgotten.</summary>
    Erasure = 10,

    /// <summary>A refund was given, or what is known of it has changed.</summary>
    RefundIssued = 11,
}

/// <summary>One recorded state of a transaction. A version of no transaction, which is not applied and whose cause is a merge or an
/// erasure, stands for a change of a member: its cause id is the membership's id, and its user the one that the member was merged into. One
/// whose cause is a refund says by how much the refunds given at a moment change (<see cref="RefundIssued"/>): its id and its cause id are
/// the refund's, and the amount may be negative. The versions are its history and at the same time the module's feed. Versions that arrived
/// too late are recorded too, but not applied.</summary>
internal sealed class TransactionVersionRow
{
    public required string VenueId { get; init; }
    public long Seq { get; init; }
    public Guid TransactionId { get; init; }

    /// <summary>The sequence number of the version that it replaced; null for the first version and for one that was not applied.</summary>
    public long? PreviousSeq { get; init; }
    public bool Applied { get; init; }

    /// <summary>Whether this is the first version in which the payment was authorised or captured.</summary>
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

    /// <summary>Whether its connection excludes it from rules (processRules: false).</summary>
    public bool RulesOff { get; init; }

    public static void Map(EntityTypeBuilder<TransactionVersionRow> row)
    {
        row.ToTable("transaction_versions").HasKey(v => new { v.VenueId, v.Seq });
        row.Property(v => v.Cause).HasConversion<short>();
        row.Property(v => v.Provider).HasConversion<short>();
        row.Property(v => v.Status).HasConversion<short>();
        row.Property(v => v.PaymentMethod).HasConversion<short>();
        // The index does not begin with the venue: to a plan made on an empty table it would look as good as the primary key.
        row.HasIndex(v => v.TransactionId);
    }
}
