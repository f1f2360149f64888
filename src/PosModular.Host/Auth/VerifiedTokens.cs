using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace PosModular.Host.Auth;

/// <summary>
/// Tokens verified a moment ago, by their SHA-256, so that a busy caller's signature is not recomputed for each request.
/// Two generations bound it: when the young one is full it becomes the old one and the old one is dropped.
/// An entry lives five minutes at most, so a key withdrawn by the authority stops working soon.
/// </summary>
internal sealed class VerifiedTokens(TimeProvider clock)
{
    private const int GenerationSize = 5_000;
    private static readonly TimeSpan LongestTrust = TimeSpan.FromMinutes(5);

    private readonly Lock turn = new();
    private ConcurrentDictionary<TokenHash, Entry> young = new();
    private ConcurrentDictionary<TokenHash, Entry> old = new();

    public TokenVerdict? Find(string token)
    {
        var hash = TokenHash.Of(token);
        if (!young.TryGetValue(hash, out var entry) && !old.TryGetValue(hash, out entry))
            return null;
        return clock.GetUtcNow() < entry.TrustedUntil ? entry.Verdict : null;
    }

    public void Keep(string token, TokenVerdict verdict)
    {
        var soon = clock.GetUtcNow() + LongestTrust;
        lock (turn)
        {
            if (young.Count >= GenerationSize)
                (young, old) = (new ConcurrentDictionary<TokenHash, Entry>(), young);
            young[TokenHash.Of(token)] = new Entry(verdict, verdict.ExpiresAt < soon ? verdict.ExpiresAt : soon);
        }
    }

    private readonly record struct Entry(TokenVerdict Verdict, DateTimeOffset TrustedUntil);

    private readonly record struct TokenHash(UInt128 High, UInt128 Low)
    {
        public static TokenHash Of(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
            return new TokenHash(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
        }
    }
}
