using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Refunds;

/// <summary>The current state of a refund, keyed by venue, provider and refund id. It is stored even before its payment is known.</summary>
internal sealed class RefundRow
{
    public required string VenueId { get; init; }
    public Provider Provider { get; init; }
    public required string ExternalId { get; init; }
    public Guid Id { get; init; }
    public Guid ConnectionId { get; init; }

    /// <summary>The provider's id of the refunded payment. Null when the refund names none; it has a transaction of its own then, under the
    /// refund's id.</summary>
    public string? PaymentExternalId { get; init; }
    public string? ExternalOrderId { get; init; }
    public required string Currency { get; init; }
    public long AmountMinor { get; init; }
    public RefundState State { get; init; }
    public string? Reason { get; init; }
    public Instant CreatedAt { get; init; }

    // Together with state and amount these are the version: see RefundVersion.
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
        // A reconciliation reads the refunds that were given on a business date.
        row.HasIndex(r => new { r.VenueId, r.CreatedAt });
    }
}
