namespace PosModular.Simulator.Sellers;

/// <summary>A location, its merchant and a token that may read it: everything that connecting a venue needs.</summary>
public sealed record Seller(Merchant Merchant, Location Location, AccessToken Token);

/// <summary>Describes a seller to add. Omitted values are generated; an id that already exists is reused.</summary>
public sealed record SellerDraft
{
    /// <summary>Name of the location and, if it is new, of the merchant.</summary>
    public string Name { get; init; } = "Test Bar";

    /// <summary>An existing merchant gets another location; null: a new merchant.</summary>
    public string? MerchantId { get; init; }

    /// <inheritdoc cref="Location" path="/param[@name='Id']" />
    public string? LocationId { get; init; }

    /// <summary>The application whose webhook subscriptions receive the events.</summary>
    public string? ApplicationId { get; init; }

    /// <summary>The access token's value.</summary>
    public string? AccessToken { get; init; }

    /// <summary>IANA time zone.</summary>
    public string TimeZone { get; init; } = "Europe/Berlin";

    /// <summary>ISO 4217 currency.</summary>
    public string Currency { get; init; } = "EUR";

    /// <summary>ISO 3166 country.</summary>
    public string Country { get; init; } = "DE";

    /// <summary>Whether the token is an OAuth token.</summary>
    public bool OAuth { get; init; }

    /// <summary>Scopes of an OAuth token; null: the default ones.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>When the token expires; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Refresh token of an OAuth token; null: generated.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>Secret of the OAuth application; null: generated.</summary>
    public string? ApplicationSecret { get; init; }

    /// <inheritdoc cref="AccessToken.Pkce" />
    public bool Pkce { get; init; }
}
