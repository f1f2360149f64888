using Integrations.Webhooks;

namespace Integrations.Square;

/// <summary>Square's webhook signature: base64 of HMAC-SHA256 over notification URL followed by the raw body, the key taken as UTF-8 text.</summary>
/// <remarks>Source: Square docs, Webhooks › Validate notifications; vectors in tests/PosModular.Tests/Square.</remarks>
internal static class SquareSignature
{
    public static bool IsValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> notificationUrl, ReadOnlySpan<byte> body, string? signature) =>
        !notificationUrl.IsEmpty && HmacSignature.IsValid(key, notificationUrl, body, signature);
}
