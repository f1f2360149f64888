using System.Security.Cryptography;

namespace Ingestion.Webhooks;

/// <summary>Stores an event that the database refuses as FAILED: with its bytes, its hash as its id, and the reason.</summary>
internal static class UnusableEvent
{
    public static WebhookEventRow ToFailedRow(WebhookEventRow row, string reason) =>
        new()
        {
            Id = row.Id,
            VenueId = row.VenueId,
            ConnectionId = row.ConnectionId,
            EventId = HashOf(row.Payload),
            Provider = row.Provider,
            Type = "unusable",
            Status = WebhookEventStatus.Failed,
            Reason = "It could not be saved: " + reason,
            ReceivedAt = row.ReceivedAt,
            Attempts = row.Attempts,
            Payload = row.Payload,
        };

    public static string HashOf(ReadOnlySpan<byte> body) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(body));
}
