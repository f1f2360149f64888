using Integrations.Contracts.Connections;
using NodaTime;

namespace Integrations.Connections;

/// <summary>What a provider needs to let us in, in clear: lives in memory only, for as long as a call takes. Never logged: it prints no secret.</summary>
/// <param name="Environment">Which of the provider's worlds it is for.</param>
/// <param name="LocationId">Square location id, Toast restaurant GUID.</param>
internal sealed record PosCredentials(PosEnvironment Environment, string LocationId)
{
    /// <summary>A bearer token: Square's access token, or a ready one of Toast.</summary>
    public string? AccessToken { get; init; }

    /// <summary>Square OAuth: renews the access token.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>When the access token ends; null when it does not, or nobody said.</summary>
    public Instant? ExpiresAt { get; init; }

    /// <summary>Toast's client; Square: the application the token belongs to.</summary>
    public string? ClientId { get; init; }

    /// <summary>Toast's client; Square: the application's, where it is not a setting.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>What the location's amounts are in, ISO 4217, as its provider said when it was connected; null before.</summary>
    public string? Currency { get; init; }

    /// <summary>Prints no secret.</summary>
    public override string ToString() => $"{Environment} {LocationId}";
}
