using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Integrations.Alerts;

/// <summary>Something that was wrong at a venue, or is, as stored.</summary>
internal sealed class AlertRow
{
    public Guid Id { get; init; }

    /// <summary>Alerts are numbered in the order in which they were raised. One host raises at a time, so this is also the order of the
    /// commits.</summary>
    public long Number { get; init; }
    public required string VenueId { get; init; }
    public required string Kind { get; init; }
    public required string Subject { get; init; }
    public Instant Since { get; init; }
    public required string Message { get; set; }
    public Guid? ConnectionId { get; init; }
    public Guid? EndpointId { get; init; }
    public LocalDate? BusinessDate { get; init; }
    public Instant RaisedAt { get; init; }

    /// <summary>When it was no longer found; null while it is.</summary>
    public Instant? ClearedAt { get; set; }

    public static void Map(EntityTypeBuilder<AlertRow> alert)
    {
        alert.ToTable("alerts").HasKey(a => a.Id);
        alert.Property(a => a.Number).UseIdentityAlwaysColumn();
        alert.HasIndex(a => new { a.VenueId, a.Number });
        alert
            .HasIndex(a => new
            {
                a.VenueId,
                a.Kind,
                a.Subject,
            })
            .IsUnique()
            .HasFilter("cleared_at is null");
    }
}
