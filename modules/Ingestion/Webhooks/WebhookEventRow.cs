using Integrations.Contracts.Connections;
using Integrations.Contracts.Webhooks;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Webhooks;

/// <summary>What became of a webhook event. The database stores the numbers.</summary>
internal enum WebhookEventStatus : short
{
    /// <summary>The event was stored and used in one commit. The reason names parts that could not be used, if any.</summary>
    Processed = 1,

    /// <summary>The event is genuine, but it is not for this connection or has no use here. The reason says why.</summary>
    Ignored = 2,

    /// <summary>The event could not be used. It is kept whole, and the reason says why.</summary>
    Failed = 3,
}

/// <summary>A genuine webhook event exactly as it arrived. If its connection is unknown, the venue is empty and the connection id is all
/// zeros.</summary>
internal sealed class WebhookEventRow
{
    /// <summary>The venue id of an event whose connection is unknown.</summary>
    public const string UnroutedVenueId = "";

    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public Guid ConnectionId { get; init; }

    /// <summary>The provider's event id. If the body contains none, it is sha256: followed by the body's hash.</summary>
    public required string EventId { get; init; }
    public Provider Provider { get; init; }
    public required string Type { get; init; }
    public WebhookEventStatus Status { get; init; }
    public string? Reason { get; init; }
    public Instant ReceivedAt { get; init; }
    public int Attempts { get; init; }
    public required byte[] Payload { get; init; }

    /// <summary>Decides what becomes of a verified event and why: it is used, ignored or cannot be used. For a used event the reason names
    /// the parts that were skipped.</summary>
    public static (WebhookEventStatus Status, string? Reason) Evaluate(WebhookVerification admission) =>
        admission.IgnoredReason is { } why ? (WebhookEventStatus.Ignored, why)
        : admission.Event!.UnreadableReason is { } fault ? (WebhookEventStatus.Failed, fault)
        : admission.Event.Observations is null ? (WebhookEventStatus.Ignored, "Events of this type are not used.")
        : (WebhookEventStatus.Processed, admission.Event.SkippedItems is { Count: > 0 } skipped ? DescribeSkipped(skipped) : null);

    // People read this, so a few are enough. A provider's ids may contain a NUL, which a text column cannot store.
    private static string DescribeSkipped(IReadOnlyList<string> skipped) =>
        string.Join(" ", skipped.Take(5)).Replace("\0", "", StringComparison.Ordinal)
        + (skipped.Count > 5 ? $" And {skipped.Count - 5} more." : "");

    public static void Map(EntityTypeBuilder<WebhookEventRow> row)
    {
        // The key contains the connection, because two connections of one merchant get the same event under the same id and each keeps
        // its own. It contains the type, because Square's own samples of refund.created and refund.updated share one event_id.
        row.ToTable("webhook_events")
            .HasKey(e => new
            {
                e.VenueId,
                e.ConnectionId,
                e.EventId,
                e.Type,
            });
        row.Property(e => e.Provider).HasConversion<short>();
        row.Property(e => e.Status).HasConversion<short>();
        // The default compression, pglz, costs nearly half of the throughput (docs/adr/0006-one-commit-per-batch.md).
        row.Property(e => e.Payload).UseCompressionMethod("lz4");
        row.HasIndex(e => new { e.VenueId, e.Id });
    }
}
