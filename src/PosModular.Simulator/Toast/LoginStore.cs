using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace PosModular.Simulator.Toast;

/// <summary>Logins by client, and the tokens issued. Thread-safe.</summary>
public sealed class LoginStore(TimeProvider clock)
{
    /// <summary>Default lifetime of a token, one day as at Toast.</summary>
    public static readonly TimeSpan DefaultTokenLifetime = TimeSpan.FromSeconds(86_400);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<DateTimeOffset>> _logins = [];
    private readonly Dictionary<string, IssuedToken> _tokens = [];

    /// <summary>
    /// Maximum number of logins of one client within an hour; further ones get 429. Null: no limit. Toast allows two (Toast docs,
    /// Authentication rate limit) and does not document its response to more; the 429 is our choice.
    /// </summary>
    public int? MaxPerHour { get; set; }

    /// <summary>Lifetime of tokens issued from now on.</summary>
    public TimeSpan TokenLifetime { get; set; } = DefaultTokenLifetime;

    /// <summary>Number of logins with the right secret by client, refusals by <see cref="MaxPerHour"/> included.</summary>
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

    /// <summary>Makes the client's tokens unknown (401), as after a change of its secret.</summary>
    public void RevokeTokens(string clientId)
    {
        lock (_gate)
        {
            foreach (var token in _tokens.Where(p => p.Value.ClientId == clientId).Select(p => p.Key).ToList())
                _tokens.Remove(token);
        }
    }

    /// <summary>Makes the client's tokens expire now (401).</summary>
    public void ExpireTokens(string clientId)
    {
        lock (_gate)
        {
            foreach (var (token, pass) in _tokens.Where(p => p.Value.ClientId == clientId).ToList())
                _tokens[token] = pass with { ExpiresAt = clock.GetUtcNow() };
        }
    }

    /// <summary>Makes a token of the caller's choice valid, as when somebody hands it out without a login.</summary>
    public void Accept(string token, string clientId, TimeSpan lifetime)
    {
        lock (_gate)
            _tokens[token] = new IssuedToken(clientId, clock.GetUtcNow() + lifetime);
    }

    /// <summary>Issues a token or, over the limit, says when the next login is allowed.</summary>
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

            var claims = new JsonObject
            {
                ["sub"] = client.ClientId,
                ["iat"] = now.ToUnixTimeSeconds(),
                ["exp"] = (now + TokenLifetime).ToUnixTimeSeconds(),
                ["jti"] = Guid.NewGuid().ToString(),
            };
            var token = string.Join(
                '.',
                Base64Url.EncodeToString("""{"alg":"RS256","typ":"JWT"}"""u8),
                Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString())),
                Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(64))
            );
            _tokens[token] = new IssuedToken(client.ClientId, now + TokenLifetime);
            return (token, TokenLifetime, null);
        }
    }

    /// <summary>The client of a valid token; null for any other.</summary>
    internal string? FindClientId(string token)
    {
        lock (_gate)
            return _tokens.TryGetValue(token, out var issued) && issued.ExpiresAt > clock.GetUtcNow() ? issued.ClientId : null;
    }

    private sealed record IssuedToken(string ClientId, DateTimeOffset ExpiresAt);
}
