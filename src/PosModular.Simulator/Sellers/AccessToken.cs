namespace PosModular.Simulator.Sellers;

/// <summary>
/// A bearer token. A personal token belongs to one merchant's application and may do everything; an OAuth token stands for one
/// merchant's consent to an application, has scopes and an expiry, and may not manage webhook subscriptions
/// (Square docs, Build Basics › Access Tokens; Webhooks › Webhook Subscriptions API).
/// </summary>
public sealed record AccessToken(string Value, string MerchantId, string ApplicationId)
{
    /// <summary>All scopes that PosModular uses.</summary>
    public static readonly IReadOnlyList<string> DefaultScopes = ["MERCHANT_PROFILE_READ", "PAYMENTS_READ", "ORDERS_READ"];

    /// <summary>Whether it is an OAuth token.</summary>
    public bool OAuth { get; init; }

    /// <summary>Applies to OAuth tokens only.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = DefaultScopes;

    /// <summary>The time from which the token gets ACCESS_TOKEN_EXPIRED; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether the token gets ACCESS_TOKEN_REVOKED.</summary>
    public bool Revoked { get; init; }

    /// <summary>Exchanged for a new access token (Square docs, OAuth API › ObtainToken); null for personal tokens.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>Required together with the refresh token, unless the consent was given by PKCE.</summary>
    public string? ApplicationSecret { get; init; }

    /// <summary>Whether the consent was given by PKCE: it needs no secret, and each refresh token works once.</summary>
    public bool Pkce { get; init; }

    internal bool Allows(string scope) => !OAuth || Scopes.Contains(scope);

    internal bool IsValidAt(DateTimeOffset now) => !Revoked && !(ExpiresAt <= now);
}
