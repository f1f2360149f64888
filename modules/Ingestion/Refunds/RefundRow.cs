using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Refunds;

/// <summary>The one truth about a refund: key (venue, provider, refund id). It is kept also before its payment is known.</summary>
internal sealed class RefundRow
{
    public required string VenueId { get; init; }
    public Provider Provider { get; init; }
    public required string ExternalId { get; init; }
    public Guid Id { get; init; }
    public Guid ConnectionId { get; init; }

    /// <summary>Null for a refund of no known payment: that is a transaction of its own, with the refund's id.</summary>
    public string? PaymentExternalId { get; init; }
    public string? ExternalOrderId { get; init; }
    public required string Currency { get; init; }
    public long AmountMinor { get; init; }
    public RefundState State { get; init; }
    public string? Reason { get; init; }
    public Instant CreatedAt { get; init; }

    // With state and amount the version: see RefundVersion.
    public Instant UpdatedAt { get; init; }
    public long Hash { get; init; }
    public Instant RecordedAt { get; init; }

    public static void Map(EntityTypeBuilder<RefundRow> row)
    {
        row.ToTable("refunds")
            .HasKey(r => new
            {
                r.VenueId,
                r.Provider,
                r.ExternalId,
            });
        row.Property(r => r.Provider).HasConversion<short>();
        row.Property(r => r.State).HasConversion<short>();
        row.HasIndex(r => new
        {
            r.VenueId,
            r.Provider,
            r.PaymentExternalId,
        });
    }
}
