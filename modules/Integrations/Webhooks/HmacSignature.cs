using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Integrations.Webhooks;

/// <summary>base64(HMAC-SHA256(key, bytes)), as providers sign their events; compared in constant time, and nothing in a signature throws.</summary>
internal static class HmacSignature
{
    private const int HashLength = 32;

    /// <param name="key">As bytes; nothing is genuine under an empty one.</param>
    /// <param name="first">What is signed …</param>
    /// <param name="second">… and what follows it at once.</param>
    /// <param name="signature">As the header has it.</param>
    public static bool IsValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, string? signature)
    {
        if (key.IsEmpty || signature is null || signature.Length > 64)
            return false;
        Span<byte> text = stackalloc byte[64];
        Span<byte> given = stackalloc byte[48];
        if (
            !Encoding.UTF8.TryGetBytes(signature, text, out var count)
            || Base64.DecodeFromUtf8(text[..count], given, out _, out var decoded) != System.Buffers.OperationStatus.Done
            || decoded != HashLength
        )
            return false;
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(first);
        hmac.AppendData(second);
        Span<byte> expected = stackalloc byte[HashLength];
        hmac.GetHashAndReset(expected);
        return CryptographicOperations.FixedTimeEquals(expected, given[..HashLength]);
    }
}
