using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Integrations.OutgoingWebhooks;

/// <summary>The state of a delivery. The database stores the numbers.</summary>
internal enum DeliveryStatus : short
{
    /// <summary>The event waits for its first or next attempt.</summary>
    Pending = 0,

    /// <summary>The endpoint has answered with a status from 200 to 299.</summary>
    Delivered = 1,

    /// <summary>The last attempt failed too. The event is sent again when it is redelivered.</summary>
    Failed = 2,
}

/// <summary>One event on its way to one endpoint, as stored.</summary>
internal sealed class DeliveryRow
{
    /// <summary>Also the <c>webhook-id</c> of every attempt.</summary>
    public Guid Id { get; init; }
    public Guid EndpointId { get; init; }
    public required string VenueId { get; init; }

    /// <summary>Deliveries are numbered in the order in which they were queued.</summary>
    public long Number { get; init; }

    /// <summary>Deliveries of one subject, such as a member, are sent one after the other, in the order of their numbers.</summary>
    public required string Subject { get; init; }
    public required string Type { get; init; }

    /// <summary>The JSON body.</summary>
    public required string Payload { get; init; }
    public DeliveryStatus Status { get; init; }
    public int Attempts { get; init; }
    public Instant CreatedAt { get; init; }

    /// <summary>When the next attempt is due; null when there is none.</summary>
    public Instant? NextAttemptAt { get; init; }

    /// <summary>Until when the host that sends it at this moment may take; null while nobody sends it.</summary>
    public Instant? LeasedUntil { get; init; }
    public Instant? DeliveredAt { get; init; }

    /// <summary>The answer to the last attempt, or why there was none.</summary>
    public string? Response { get; init; }

    public static void Map(EntityTypeBuilder<DeliveryRow> delivery)
    {
        delivery.ToTable("webhook_deliveries").HasKey(d => d.Id);
        delivery.Property(d => d.Number).UseIdentityAlwaysColumn();
        delivery.Property(d => d.Status).HasConversion<short>();
        delivery.HasIndex(d => new { d.EndpointId, d.Id });
        delivery
            .HasIndex(d => new { d.EndpointId, d.Id }, "ix_webhook_deliveries_failed")
            .HasDatabaseName("ix_webhook_deliveries_failed")
            .HasFilter($"status = {DeliveryStatus.Failed:D}");
        delivery
            .HasIndex(d => new { d.EndpointId, d.NextAttemptAt }, "ix_webhook_deliveries_due")
            .HasFilter($"status = {DeliveryStatus.Pending:D}");
        delivery
            .HasIndex(
                d => new
                {
                    d.EndpointId,
                    d.Subject,
                    d.Number,
                },
                "ix_webhook_deliveries_order"
            )
            .HasFilter($"status = {DeliveryStatus.Pending:D}");
        delivery.HasStorageParameter("fillfactor", 80);
    }
}
