using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Analytics.Revenues;

/// <summary>A venue's totals of a quarter of an hour by provider, payment method and currency, in minor units. A question about a year never
/// reads transactions, and a venue that moves its cut-off or its time zone finds its days right, also those long past: every offset and every
/// cut-off is a multiple of 15 minutes (docs/adr/0008-revenue-by-the-quarter-hour.md).</summary>
internal sealed class RevenueBucket
{
    public required string VenueId { get; init; }

    /// <summary>UTC; 15 minutes from here.</summary>
    public Instant StartsAt { get; init; }
    public Provider Provider { get; init; }
    public PaymentMethod PaymentMethod { get; init; }
    public required string Currency { get; init; }

    /// <summary>Captured sales, refunded ones included.</summary>
    public long Count { get; init; }

    /// <summary>What guests paid in captured sales, tips included, refunds not taken off.</summary>
    public long TotalMinor { get; init; }
    public long TipMinor { get; init; }
    public long RefundedMinor { get; init; }

    /// <summary>Authorised and not yet captured.</summary>
    public long PendingMinor { get; init; }

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
        bucket.HasStorageParameter("fillfactor", 70);
    }
}
