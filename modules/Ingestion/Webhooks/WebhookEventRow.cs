using Integrations.Contracts.Connections;
using Integrations.Contracts.Webhooks;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Webhooks;

/// <summary>What became of a webhook event.</summary>
internal enum WebhookEventStatus : short
{
    /// <summary>Stored, not yet used.</summary>
    Pending = 0,

    /// <summary>Stored and used, in one commit; a reason says what of it could not be used.</summary>
    Processed = 1,

    /// <summary>Genuine, but not for this till or of no use here; the reason says why.</summary>
    Ignored = 2,

    /// <summary>Nothing could be made of it; kept whole, the reason says why.</summary>
    Failed = 3,
}

/// <summary>A genuine event exactly as it came. An event of no known till has no venue (an empty one) and no connection (zeros).</summary>
internal sealed class WebhookEventRow
{
    /// <summary>No venue: a signed event of an unknown till.</summary>
    public const string UnroutedVenueId = "";

    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public Guid ConnectionId { get; init; }

    /// <summary>The provider's or, when the body has none, the body's SHA-256.</summary>
    public required string EventId { get; init; }
    public Provider Provider { get; init; }
    public required string Type { get; init; }
    public WebhookEventStatus Status { get; init; }
    public string? Reason { get; init; }
    public Instant ReceivedAt { get; init; }
    public int Attempts { get; init; }
    public required byte[] Payload { get; init; }

    /// <summary>What becomes of an event that has been read: it is used, ignored or of no use, and why; of a used one, what of it could not be used.</summary>
    public static (WebhookEventStatus Status, string? Reason) Evaluate(WebhookVerification admission) =>
        admission.IgnoredReason is { } why ? (WebhookEventStatus.Ignored, why)
        : admission.Event!.UnreadableReason is { } fault ? (WebhookEventStatus.Failed, fault)
        : admission.Event.Observations is null ? (WebhookEventStatus.Ignored, "Events of this type are not used.")
        : (WebhookEventStatus.Processed, admission.Event.SkippedItems is { Count: > 0 } skipped ? DescribeSkipped(skipped) : null);

    // For people: a few of them tell enough. A provider's ids may hold what a column of text may not.
    private static string DescribeSkipped(IReadOnlyList<string> skipped) =>
        string.Join(" ", skipped.Take(5)).Replace("\0", "", StringComparison.Ordinal)
        + (skipped.Count > 5 ? $" And {skipped.Count - 5} more." : "");

    public static void Map(EntityTypeBuilder<WebhookEventRow> row)
    {
        // By connection: a merchant's other till gets the same event under the same id, and each must keep its own. By type: Square's own samples
        // of refund.created and refund.updated have one event_id.
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
        // The default pglz costs nearly half of the throughput (docs/adr/0006-one-commit-per-batch.md).
        row.Property(e => e.Payload).UseCompressionMethod("lz4");
        row.HasIndex(e => new { e.VenueId, e.Id });
    }
}
