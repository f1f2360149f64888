using System.Text.Json;
using Integrations.Webhooks;

namespace Integrations.Toast;

/// <summary>Verifies Toast's webhook signatures: base64 of HMAC-SHA256 over the raw body directly followed by the message's timestamp.
/// The secret is used as UTF-8 text. The URL is not part of the signature.</summary>
/// <remarks>Source: Toast developer guide, Message signing. The timestamp is taken from the body exactly as it is written there. Nothing
/// else is read from a body that is not verified yet.</remarks>
internal static class ToastSignature
{
    // No genuine timestamp is longer. The limit bounds the work that a forged body can cause.
    private const int MaxTimestampLength = 64;

    public static bool IsValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body, string? signature) =>
        !key.IsEmpty
        && signature is { Length: 44 }
        && TimestampOf(body) is { IsEmpty: false } timestamp
        && HmacSignature.IsValid(key, body, timestamp, signature);

    /// <summary>The value of the first field <c>timestamp</c> of the outermost object, exactly as written between its quotes; empty when
    /// there is none.</summary>
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
            // not JSON, or invalid Unicode: not an event of Toast
        }
        return [];
    }
}
