using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Integrations.Providers;

/// <summary>Recognises a page that a provider sends again: a hash of the text of everything that it lists.</summary>
internal static class PageFingerprint
{
    private const int HashBytes = 12;

    /// <summary>The hash; null for an empty page, because pages without anything on them are alike without being the same.</summary>
    public static string? Of(IReadOnlyList<JsonElement> items)
    {
        if (items.Count == 0)
            return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var item in items)
            hash.AppendData(JsonMarshal.GetRawUtf8Value(item));
        return Convert.ToBase64String(hash.GetHashAndReset().AsSpan(0, HashBytes));
    }
}
