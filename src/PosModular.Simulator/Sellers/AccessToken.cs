namespace PosModular.Simulator.Sellers;

/// <summary>
/// What a caller shows. A personal token belongs to the application of one merchant and may do everything; an OAuth token is one
/// merchant's consent to an application, with scopes and an end, and may not touch webhook subscriptions
/// (Square docs, Build Basics › Access Tokens; Webhooks › Webhook Subscriptions API).
/// </summary>
public sealed record AccessToken(string Value, string MerchantId, string ApplicationId)
{
    /// <summary>What the product needs at most.</summary>
    public static readonly IReadOnlyList<string> DefaultScopes = ["MERCHANT_PROFILE_READ", "PAYMENTS_READ", "ORDERS_READ"];

    /// <summary>Whether it is an OAuth token.</summary>
    public bool OAuth { get; init; }

    /// <summary>Counts for OAuth tokens only.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = DefaultScopes;

    /// <summary>From then on ACCESS_TOKEN_EXPIRED; never when left out.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>From now on ACCESS_TOKEN_REVOKED.</summary>
    public bool Revoked { get; init; }

    /// <summary>What a new access token is got with (Square docs, OAuth API › ObtainToken); null for personal tokens.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>To be shown with the refresh token, unless the consent was given by PKCE.</summary>
    public string? ApplicationSecret { get; init; }

    /// <summary>The consent was given by PKCE: no secret, and each refresh token works once.</summary>
    public bool Pkce { get; init; }

    internal bool Allows(string scope) => !OAuth || Scopes.Contains(scope);

    internal bool IsValidAt(DateTimeOffset now) => !Revoked && !(ExpiresAt <= now);
}
