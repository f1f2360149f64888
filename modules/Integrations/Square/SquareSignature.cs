using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Integrations.Square;

/// <summary>Square's webhook signature: base64 of HMAC-SHA256 over notification URL followed by the raw body, the key taken as UTF-8 text.</summary>
/// <remarks>Source: Square docs, Webhooks › Validate notifications; vectors in tests/PosModular.Tests/Square.</remarks>
internal static class SquareSignature
{
    private const int Length = 32;

    public static bool IsGenuine(ReadOnlySpan<byte> key, ReadOnlySpan<byte> notificationUrl, ReadOnlySpan<byte> body, string? signature)
    {
        if (key.IsEmpty || notificationUrl.IsEmpty || signature is null || signature.Length > 64)
            return false;
        Span<byte> text = stackalloc byte[64];
        Span<byte> given = stackalloc byte[48];
        if (!Encoding.UTF8.TryGetBytes(signature, text, out var count)
            || Base64.DecodeFromUtf8(text[..count], given, out _, out var decoded) != System.Buffers.OperationStatus.Done || decoded != Length)
            return false;
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(notificationUrl);
        hmac.AppendData(body);
        Span<byte> expected = stackalloc byte[Length];
        hmac.GetHashAndReset(expected);
        return CryptographicOperations.FixedTimeEquals(expected, given[..Length]);
    }
}
