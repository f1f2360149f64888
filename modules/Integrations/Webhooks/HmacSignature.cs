using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Integrations.Webhooks;

/// <summary>Verifies signatures of the form base64(HMAC-SHA256(key, bytes)). Works in constant time and never throws, whatever the
/// signature contains.</summary>
internal static class HmacSignature
{
    private const int HashLength = 32;

    /// <param name="key">The key; no signature is valid for an empty one.</param>
    /// <param name="first">The first part of the signed bytes.</param>
    /// <param name="second">The second part, which follows without a separator.</param>
    /// <param name="signature">The value of the signature header; null when there is none.</param>
    public static bool IsValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, string? signature)
    {
        if (key.IsEmpty || signature is null || signature.Length > 64)
            return false;
        Span<byte> encoded = stackalloc byte[64];
        Span<byte> actual = stackalloc byte[48];
        if (
            !Encoding.UTF8.TryGetBytes(signature, encoded, out var count)
            || Base64.DecodeFromUtf8(encoded[..count], actual, out _, out var decoded) != System.Buffers.OperationStatus.Done
            || decoded != HashLength
        )
            return false;
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(first);
        hmac.AppendData(second);
        Span<byte> expected = stackalloc byte[HashLength];
        hmac.GetHashAndReset(expected);
        return CryptographicOperations.FixedTimeEquals(expected, actual[..HashLength]);
    }
}
