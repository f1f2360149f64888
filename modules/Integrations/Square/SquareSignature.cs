using Integrations.Webhooks;

namespace Integrations.Square;

/// <summary>Verifies Square's webhook signatures: base64 of HMAC-SHA256 over the notification URL followed by the raw body. The key is
/// used as UTF-8 text.</summary>
/// <remarks>Source: Square docs, Webhooks › Validate notifications; vectors in tests/PosModular.Tests/Square.</remarks>
internal static class SquareSignature
{
    public static bool IsValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> notificationUrl, ReadOnlySpan<byte> body, string? signature) =>
        !notificationUrl.IsEmpty && HmacSignature.IsValid(key, notificationUrl, body, signature);
}
