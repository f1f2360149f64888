using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace PosModular.Simulator.Toast;

/// <summary>Who logged in how often, and the tokens given out. Safe for many callers at once.</summary>
public sealed class LoginStore(TimeProvider clock)
{
    /// <summary>What a token lives by default, as Toast's do: a day.</summary>
    public static readonly TimeSpan DefaultTokenLifetime = TimeSpan.FromSeconds(86_400);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<DateTimeOffset>> _logins = [];
    private readonly Dictionary<string, IssuedToken> _tokens = [];

    /// <summary>
    /// More logins of a client within an hour than this get 429; null for no limit. Toast forbids more than two (Toast docs,
    /// Authentication rate limit) and cuts offenders off; how it answers then is our choice.
    /// </summary>
    public int? MaxPerHour { get; set; }

    /// <summary>Of tokens given out from now on.</summary>
    public TimeSpan TokenLifetime { get; set; } = DefaultTokenLifetime;

    /// <summary>How often each client logged in with the right secret, refusals by <see cref="MaxPerHour"/> included.</summary>
    public IReadOnlyDictionary<string, int> Counts
    {
        get
        {
            lock (_gate)
                return _logins.ToDictionary(l => l.Key, l => l.Value.Count);
        }
    }

    /// <inheritdoc cref="Counts" />
    public int LoginCount(string clientId)
    {
        lock (_gate)
            return _logins.TryGetValue(clientId, out var times) ? times.Count : 0;
    }

    /// <summary>From now on the client's tokens are unknown (401), as after a change of its secret.</summary>
    public void RevokeTokens(string clientId)
    {
        lock (_gate)
        {
            foreach (var token in _tokens.Where(p => p.Value.ClientId == clientId).Select(p => p.Key).ToList())
                _tokens.Remove(token);
        }
    }

    /// <summary>From now on the client's tokens are past their end (401).</summary>
    public void ExpireTokens(string clientId)
    {
        lock (_gate)
        {
            foreach (var (token, pass) in _tokens.Where(p => p.Value.ClientId == clientId).ToList())
                _tokens[token] = pass with { ExpiresAt = clock.GetUtcNow() };
        }
    }

    /// <summary>A token, or when the next login is allowed.</summary>
    internal (string? Token, TimeSpan Lifetime, DateTimeOffset? AllowedAt) LogIn(ApiClient client)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (!_logins.TryGetValue(client.ClientId, out var times))
                _logins[client.ClientId] = times = [];
            times.Add(now);
            var recent = times.FindAll(time => time > now.AddHours(-1));
            if (recent.Count > MaxPerHour)
                return (null, default, recent[^Math.Max(1, MaxPerHour.Value)].AddHours(1));

            var token = string.Join(
                '.',
                Base64Url.EncodeToString("""{"alg":"RS256","typ":"JWT"}"""u8),
                Base64Url.EncodeToString(
                    Encoding.UTF8.GetBytes(
                        FormattableString.Invariant(
                            $$"""{"sub":"{{client.ClientId}}","iat":{{now.ToUnixTimeSeconds()}},"exp":{{(now + TokenLifetime).ToUnixTimeSeconds()}},"jti":"{{Guid.NewGuid()}}"}"""
                        )
                    )
                ),
                Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(64))
            );
            _tokens[token] = new IssuedToken(client.ClientId, now + TokenLifetime);
            return (token, TokenLifetime, null);
        }
    }

    /// <summary>The client of a living token.</summary>
    internal string? FindClientId(string token)
    {
        lock (_gate)
            return _tokens.TryGetValue(token, out var pass) && pass.ExpiresAt > clock.GetUtcNow() ? pass.ClientId : null;
    }

    private sealed record IssuedToken(string ClientId, DateTimeOffset ExpiresAt);
}
