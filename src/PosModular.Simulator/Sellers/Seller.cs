namespace PosModular.Simulator.Sellers;

/// <summary>A location with its merchant and a token that may read it: what a test or a venue needs to connect.</summary>
public sealed record Seller(Merchant Merchant, Location Location, AccessToken Token);

/// <summary>How a till is to be. What is left out is made up; an id that exists already is used again, never doubled.</summary>
public sealed record SellerDraft
{
    /// <summary>Name of the location, and of the merchant if that is new.</summary>
    public string Name { get; init; } = "Test Bar";

    /// <summary>An existing one gets a further location.</summary>
    public string? MerchantId { get; init; }

    /// <inheritdoc cref="Location" path="/param[@name='Id']" />
    public string? LocationId { get; init; }

    /// <summary>Whose webhook subscriptions hear of the sales.</summary>
    public string? ApplicationId { get; init; }

    /// <summary>The bearer token to accept.</summary>
    public string? AccessToken { get; init; }

    /// <summary>IANA.</summary>
    public string TimeZone { get; init; } = "Europe/Berlin";

    /// <summary>ISO 4217.</summary>
    public string Currency { get; init; } = "EUR";

    /// <summary>ISO 3166.</summary>
    public string Country { get; init; } = "DE";

    /// <summary>Makes the token an OAuth one.</summary>
    public bool OAuth { get; init; }

    /// <summary>Scopes of an OAuth token; the usual ones when left out.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>When the token ends; never when left out.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Of an OAuth token; made up when left out.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>Of the application of an OAuth token; made up when left out.</summary>
    public string? ApplicationSecret { get; init; }

    /// <inheritdoc cref="AccessToken.Pkce" />
    public bool Pkce { get; init; }
}
