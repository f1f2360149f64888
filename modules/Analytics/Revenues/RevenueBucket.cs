using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Analytics.Revenues;

/// <summary>A venue's totals during a quarter of an hour by provider, payment method and currency, in minor units. A report over a year
/// never reads transactions. Every time zone offset and every day cut-off is a multiple of 15 minutes, so that past days stay correct
/// when a venue changes its time zone or cut-off (docs/adr/0008-revenue-by-the-quarter-hour.md).</summary>
internal sealed class RevenueBucket
{
    public required string VenueId { get; init; }

    /// <summary>The start of the quarter of an hour.</summary>
    public Instant StartsAt { get; init; }
    public Provider Provider { get; init; }
    public PaymentMethod PaymentMethod { get; init; }
    public required string Currency { get; init; }

    /// <summary>The number of captured transactions, refunded ones included.</summary>
    public long Count { get; init; }

    /// <summary>What guests paid in captured transactions: tips included, refunds not subtracted.</summary>
    public long TotalMinor { get; init; }
    public long TipMinor { get; init; }
    public long RefundedMinor { get; init; }

    /// <summary>The total of transactions that are authorised and not yet captured.</summary>
    public long PendingMinor { get; init; }

    /// <summary>The refunds that were given, by their own time.</summary>
    public long RefundsIssuedMinor { get; init; }
    public long TaxMinor { get; init; }
    public long DiscountMinor { get; init; }
    public long ServiceChargeMinor { get; init; }

    /// <summary>The number of captured transactions whose breakdown is still to be fetched.</summary>
    public long IncompleteCount { get; init; }

    public static void Map(EntityTypeBuilder<RevenueBucket> bucket)
    {
        bucket
            .ToTable("revenue_buckets")
            .HasKey(d => new
            {
                d.VenueId,
                d.StartsAt,
                d.Provider,
                d.PaymentMethod,
                d.Currency,
            });
        bucket.Property(d => d.Provider).HasConversion<short>();
        bucket.Property(d => d.PaymentMethod).HasConversion<short>();
        // Hosts of the version before know nothing of these columns.
        bucket.Property(d => d.RefundsIssuedMinor).HasDefaultValueSql("0");
        bucket.Property(d => d.TaxMinor).HasDefaultValueSql("0");
        bucket.Property(d => d.DiscountMinor).HasDefaultValueSql("0");
        bucket.Property(d => d.ServiceChargeMinor).HasDefaultValueSql("0");
        bucket.Property(d => d.IncompleteCount).HasDefaultValueSql("0");
        bucket.HasStorageParameter("fillfactor", 70);
    }
}
