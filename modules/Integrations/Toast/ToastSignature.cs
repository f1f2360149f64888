using System.Text.Json;
using Integrations.Webhooks;

namespace Integrations.Toast;

/// <summary>Toast's webhook signature: base64 of HMAC-SHA256 over the raw body followed by the message's timestamp, without anything between; the secret taken
/// as UTF-8 text. The address it was sent to is no part of it.</summary>
/// <remarks>Source: Toast developer guide, Message signing. The timestamp is the body's own, byte for byte as it stands there; nothing else is read
/// from a body that is not trusted yet.</remarks>
internal static class ToastSignature
{
    // No timestamp is longer; a forged body gets no more of our time.
    private const int MaxTimestampLength = 64;

    public static bool IsValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body, string? signature) =>
        !key.IsEmpty
        && signature is { Length: 44 }
        && TimestampOf(body) is { IsEmpty: false } timestamp
        && HmacSignature.IsValid(key, body, timestamp, signature);

    /// <summary>The value of the outermost object's first field <c>timestamp</c>, as printed between its quotes; empty when there is none.</summary>
    public static ReadOnlySpan<byte> TimestampOf(ReadOnlySpan<byte> body)
    {
        var json = new Utf8JsonReader(body);
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return [];
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var found = json.ValueTextEquals("timestamp"u8);
                json.Read();
                if (found)
                    return json.TokenType == JsonTokenType.String && json.ValueSpan.Length <= MaxTimestampLength ? json.ValueSpan : [];
                json.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // not JSON, or text that is not valid Unicode: no event of Toast's
        }
        return [];
    }
}
