using System.Text.Json;
using System.Text.Json.Nodes;

namespace PosModular.Simulator.Webhooks;

/// <summary>
/// The <c>subscription</c> of a create or update request; null means omitted. Square accepts only HTTPS URLs; the simulator also
/// accepts plain HTTP, for receivers on the same machine.
/// </summary>
internal sealed record SubscriptionDraft(
    string? Name,
    bool? Enabled,
    IReadOnlyList<string>? EventTypes,
    string? NotificationUrl,
    string? ApiVersion
)
{
    public const int MaxNameLength = 64;
    public const int MaxIdempotencyKeyLength = 45;

    /// <summary>The request body as a JSON object; null when it is not one.</summary>
    public static async Task<JsonObject?> ReadBodyAsync(HttpRequest request)
    {
        try
        {
            return await JsonNode.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The parsed draft, or an error that names the field.</summary>
    public static (SubscriptionDraft? Draft, IResult? Error) Parse(JsonObject? body, bool isNew)
    {
        if (body?["subscription"] is not JsonObject given)
            return (null, SquareError.BadRequest("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", "subscription"));

        SubscriptionDraft draft;
        try
        {
            draft = new SubscriptionDraft(
                (string?)given["name"],
                (bool?)given["enabled"],
                (given["event_types"] as JsonArray)?.Select(type => (string?)type ?? "").ToArray(),
                (string?)given["notification_url"],
                (string?)given["api_version"]
            );
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            return (null, SquareError.BadRequest("INVALID_VALUE", "A field has the wrong type.", "subscription"));
        }

        if (isNew ? draft.Name is not { Length: > 0 and <= MaxNameLength } : draft.Name is { Length: 0 or > MaxNameLength })
            return (null, SquareError.BadRequest("INVALID_VALUE", "name must have 1 to 64 characters.", "subscription.name"));
        if (isNew ? draft.EventTypes is not { Count: > 0 } : draft.EventTypes is { Count: 0 })
            return (null, SquareError.BadRequest("INVALID_VALUE", "At least one event type is needed.", "subscription.event_types"));
        if (
            (isNew || draft.NotificationUrl is not null)
            && !(Uri.TryCreate(draft.NotificationUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        )
            return (
                null,
                SquareError.BadRequest("INVALID_VALUE", "notification_url must be an absolute URL.", "subscription.notification_url")
            );
        return (draft, null);
    }
}
