using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace PosModular.Host.Auth;

/// <summary>
/// Caches recently verified tokens by their SHA-256, so that a busy caller's signature is not verified for each request.
/// Two generations bound its size: when the recent one is full it replaces the older one.
/// An entry lives for five minutes at most, so a key that the authority withdraws stops working soon.
/// </summary>
internal sealed class VerifiedTokenCache(TimeProvider time)
{
    private const int GenerationSize = 5_000;
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private ConcurrentDictionary<TokenHash, CachedResult> _recent = new();
    private ConcurrentDictionary<TokenHash, CachedResult> _older = new();

    public BearerTokenResult? Find(string token)
    {
        var hash = TokenHash.Of(token);
        if (!_recent.TryGetValue(hash, out var entry) && !_older.TryGetValue(hash, out entry))
            return null;
        return time.GetUtcNow() < entry.ValidUntil ? entry.TokenResult : null;
    }

    public void Add(string token, BearerTokenResult result)
    {
        var maxValidUntil = time.GetUtcNow() + MaxAge;
        lock (_lock)
        {
            if (_recent.Count >= GenerationSize)
                (_recent, _older) = (new ConcurrentDictionary<TokenHash, CachedResult>(), _recent);
            _recent[TokenHash.Of(token)] = new CachedResult(result, result.ExpiresAt < maxValidUntil ? result.ExpiresAt : maxValidUntil);
        }
    }

    private readonly record struct CachedResult(BearerTokenResult TokenResult, DateTimeOffset ValidUntil);

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
