using Integrations.Contracts.Connections;
using NodaTime;

namespace Integrations.Connections;

/// <summary>Decrypted credentials for a provider's API. They exist in memory only, for the duration of a call, and their text form
/// contains no secret.</summary>
/// <param name="Environment">The provider's environment.</param>
/// <param name="LocationId">The Square location id or Toast restaurant GUID.</param>
internal sealed record PosCredentials(PosEnvironment Environment, string LocationId)
{
    /// <summary>A bearer token: Square's access token, or a ready-made Toast token.</summary>
    public string? AccessToken { get; init; }

    /// <summary>Square OAuth: the refresh token that renews the access token.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>When the access token expires; null when it does not, or when that is unknown.</summary>
    public Instant? ExpiresAt { get; init; }

    /// <summary>The Toast client id, or the Square application to which the token belongs.</summary>
    public string? ClientId { get; init; }

    /// <summary>The Toast client secret, or the secret of the Square application when it is not configured as a setting.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>The currency of the location's amounts, ISO 4217, as the provider reported it when the location was connected; null
    /// before that.</summary>
    public string? Currency { get; init; }

    /// <summary>Contains no secret.</summary>
    public override string ToString() => $"{Environment} {LocationId}";
}
