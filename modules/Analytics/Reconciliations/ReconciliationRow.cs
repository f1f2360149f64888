using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Analytics.Reconciliations;

/// <summary>How our figures of a business date compare with the provider's.</summary>
/// <remarks>The database stores the numbers.</remarks>
internal enum ReconciliationState : short
{
    /// <summary>The date has not been compared yet.</summary>
    NotYet = 1,

    /// <summary>The comparison is in progress or about to start.</summary>
    Running = 2,

    /// <summary>The figures were equal as they were.</summary>
    Equal = 3,

    /// <summary>The figures differed, were repaired, and are equal now.</summary>
    Repaired = 4,

    /// <summary>The figures still differ. The reason is with each payment.</summary>
    Differs = 5,

    /// <summary>The provider did not answer, or not completely. It is asked again later by itself.</summary>
    Unavailable = 6,
}

/// <summary>The reconciliation of one business date with the provider of one connection.</summary>
internal sealed class ReconciliationRow
{
    public required string VenueId { get; init; }
    public LocalDate BusinessDate { get; init; }
    public Guid ConnectionId { get; init; }

    /// <summary>Names the reconciliation in the history of the transactions that it repairs.</summary>
    public Guid Id { get; init; }
    public ReconciliationState State { get; init; }

    /// <summary>When a host is to work on it; null while there is nothing to do.</summary>
    public Instant? DueAt { get; init; }

    /// <summary>When the first comparison of the run in progress was stored; null before it. A run that is taken up again goes on with the
    /// repair.</summary>
    public Instant? ComparedAt { get; init; }

    /// <summary>When the last complete comparison ended.</summary>
    public Instant? CheckedAt { get; init; }

    /// <summary>Why the state is UNAVAILABLE or DIFFERS.</summary>
    public ErrorCode? ReasonCode { get; init; }
    public string? ReasonMessage { get; init; }

    /// <summary>How many of the two checks that come by themselves were requested.</summary>
    public short Checks { get; init; }

    /// <summary>When the gap of the last outage that touched the date was synced, among those for which a check was requested.</summary>
    public Instant? OutageAt { get; init; }

    /// <summary>The number of consecutive faults.</summary>
    public int Faults { get; init; }
    public Instant UpdatedAt { get; init; }

    public static void Map(EntityTypeBuilder<ReconciliationRow> row)
    {
        row.ToTable("reconciliations")
            .HasKey(r => new
            {
                r.VenueId,
                r.BusinessDate,
                r.ConnectionId,
            });
        row.Property(r => r.State).HasConversion<short>();
        row.Property(r => r.ReasonCode).HasConversion<string>();
        row.HasIndex(r => r.DueAt).HasFilter("due_at is not null");
    }
}

/// <summary>The sums of a reconciliation in one currency, in minor units: ours before the repair, ours and the provider's at the last
/// comparison.</summary>
internal sealed class ReconciledSumsRow
{
    public required string VenueId { get; init; }
    public LocalDate BusinessDate { get; init; }
    public Guid ConnectionId { get; init; }
    public required string Currency { get; init; }
    public long BeforeCount { get; init; }
    public long BeforeTotalMinor { get; init; }
    public long BeforeTipMinor { get; init; }
    public long BeforeRefundedMinor { get; init; }
    public long OurCount { get; init; }
    public long OurTotalMinor { get; init; }
    public long OurTipMinor { get; init; }
    public long OurRefundedMinor { get; init; }
    public long TheirCount { get; init; }
    public long TheirTotalMinor { get; init; }
    public long TheirTipMinor { get; init; }
    public long TheirRefundedMinor { get; init; }

    public static void Map(EntityTypeBuilder<ReconciledSumsRow> row) =>
        row.ToTable("reconciled_sums")
            .HasKey(r => new
            {
                r.VenueId,
                r.BusinessDate,
                r.ConnectionId,
                r.Currency,
            });
}

/// <summary>A payment or refund that differed.</summary>
internal sealed class ReconciliationDifferenceRow
{
    public required string VenueId { get; init; }
    public LocalDate BusinessDate { get; init; }
    public Guid ConnectionId { get; init; }
    public required string ExternalId { get; init; }
    public bool IsRefund { get; init; }
    public Guid? TransactionId { get; init; }
    public string? OurCurrency { get; init; }
    public long? OurMinor { get; init; }
    public string? TheirCurrency { get; init; }
    public long? TheirMinor { get; init; }
    public DifferenceKind Kind { get; init; }

    /// <summary>Whether it was equal at the last comparison.</summary>
    public bool Repaired { get; init; }
    public required string Detail { get; init; }

    public static void Map(EntityTypeBuilder<ReconciliationDifferenceRow> row)
    {
        row.ToTable("reconciliation_differences")
            .HasKey(r => new
            {
                r.VenueId,
                r.BusinessDate,
                r.ConnectionId,
                r.ExternalId,
                r.IsRefund,
            });
        row.Property(r => r.Kind).HasConversion<short>();
    }
}

/// <summary>Which host reconciles a connection. One host at a time works on a connection.</summary>
internal sealed class ReconciliationLease
{
    public Guid ConnectionId { get; init; }
    public Guid Owner { get; init; }
    public Instant Until { get; init; }

    public static void Map(EntityTypeBuilder<ReconciliationLease> lease) =>
        lease.ToTable("reconciliation_leases").HasKey(l => l.ConnectionId);
}
