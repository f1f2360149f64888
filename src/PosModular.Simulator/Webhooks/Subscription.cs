using System.Text.Json.Nodes;

namespace PosModular.Simulator.Webhooks;

/// <summary>An application's webhook subscription (Square docs, Webhook Subscriptions API).</summary>
public sealed record Subscription
{
    public required string Id { get; init; }
    public required string ApplicationId { get; init; }
    public required string Name { get; init; }
    public required bool Enabled { get; init; }
    public required IReadOnlyList<string> EventTypes { get; init; }

    /// <summary>Exactly as it was given, because the signature covers it.</summary>
    public required string NotificationUrl { get; init; }
    public required string ApiVersion { get; init; }
    public required string SignatureKey { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Create and retrieve responses include the key; list and update responses do not (API specification, examples).</summary>
    internal JsonObject ToJson(bool withKey)
    {
        var wire = new JsonObject
        {
            ["id"] = Id,
            ["name"] = Name,
            ["enabled"] = Enabled,
            ["event_types"] = new JsonArray([.. EventTypes.Select(type => (JsonNode)type)]),
            ["notification_url"] = NotificationUrl,
            ["api_version"] = ApiVersion,
        };
        if (withKey)
            wire["signature_key"] = SignatureKey;
        wire["created_at"] = SquareTime.SubscriptionTimestamp(CreatedAt);
        wire["updated_at"] = SquareTime.SubscriptionTimestamp(UpdatedAt);
        return wire;
    }
}
