using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Analytics.Revenues;

/// <summary>A venue's totals during an hour, a day or a month of UTC: the sum of its <see cref="RevenueBucket"/>s, changed in the same
/// commit as they are. A period of many years is then read in a few hundred rows.</summary>
internal sealed class RevenueRollUp
{
    public required string VenueId { get; init; }

    /// <summary>An hour, a day or a month; the quarter hours are the buckets.</summary>
    public RevenueLevel Level { get; init; }

    /// <summary>The start of the hour, day or month.</summary>
    public Instant StartsAt { get; init; }
    public Provider Provider { get; init; }
    public PaymentMethod PaymentMethod { get; init; }
    public required string Currency { get; init; }
    public long Count { get; init; }
    public long TotalMinor { get; init; }
    public long TipMinor { get; init; }
    public long RefundedMinor { get; init; }
    public long PendingMinor { get; init; }
    public long RefundsIssuedMinor { get; init; }
    public long TaxMinor { get; init; }
    public long DiscountMinor { get; init; }
    public long ServiceChargeMinor { get; init; }
    public long IncompleteCount { get; init; }

    public static void Map(EntityTypeBuilder<RevenueRollUp> rollUp)
    {
        rollUp
            .ToTable("revenue_roll_ups")
            .HasKey(r => new
            {
                r.VenueId,
                r.Level,
                r.StartsAt,
                r.Provider,
                r.PaymentMethod,
                r.Currency,
            });
        rollUp.Property(r => r.Level).HasConversion<short>();
        rollUp.Property(r => r.Provider).HasConversion<short>();
        rollUp.Property(r => r.PaymentMethod).HasConversion<short>();
        // Hosts of the version before know nothing of these columns.
        rollUp.Property(r => r.RefundsIssuedMinor).HasDefaultValueSql("0");
        rollUp.Property(r => r.TaxMinor).HasDefaultValueSql("0");
        rollUp.Property(r => r.DiscountMinor).HasDefaultValueSql("0");
        rollUp.Property(r => r.ServiceChargeMinor).HasDefaultValueSql("0");
        rollUp.Property(r => r.IncompleteCount).HasDefaultValueSql("0");
        rollUp.HasStorageParameter("fillfactor", 70);
    }
}
