using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Analytics.Revenues;

/// <summary>A venue day's totals by provider, payment method and currency, in minor units. A question about a year never reads transactions.</summary>
internal sealed class RevenueDay
{
    public required string VenueId { get; init; }
    public LocalDate Day { get; init; }
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

    public static void Map(EntityTypeBuilder<RevenueDay> day)
    {
        day.ToTable("revenue_days").HasKey(d => new { d.VenueId, d.Day, d.Provider, d.PaymentMethod, d.Currency });
        day.Property(d => d.Provider).HasConversion<short>();
        day.Property(d => d.PaymentMethod).HasConversion<short>();
        day.HasStorageParameter("fillfactor", 70);
    }
}
