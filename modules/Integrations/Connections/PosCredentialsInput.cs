using System.ComponentModel.DataAnnotations;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Integrations.Connections;

/// <summary>The credentials for a location at a provider.</summary>
internal sealed record PosCredentialsInput
{
    /// <summary>The provider of the point of sale.</summary>
    public required Provider Provider { get; init; }

    /// <summary>The provider's environment to which the credentials belong.</summary>
    public required PosEnvironment Environment { get; init; }

    /// <summary>The Square location id or Toast restaurant GUID.</summary>
    public required string LocationId { get; init; }

    /// <summary>Square: a personal access token, or an OAuth access token together with refreshToken and expiresAt.</summary>
    [MaxLength(8_192)]
    public string? AccessToken { get; init; }

    /// <summary>Square OAuth: the refresh token, with which the access token is renewed before it expires.</summary>
    [MaxLength(8_192)]
    public string? RefreshToken { get; init; }

    /// <summary>Square OAuth: when the access token expires.</summary>
    public Instant? ExpiresAt { get; init; }

    /// <summary>Toast: the client id. Square OAuth: the application id, which Square reports when this is null.</summary>
    public string? ClientId { get; init; }

    /// <summary>Toast: the client secret. Square OAuth: the application secret, unless it is configured as a setting.</summary>
    [MaxLength(8_192)]
    public string? ClientSecret { get; init; }

    /// <summary>Toast: a ready-made bearer token, instead of clientId and clientSecret.</summary>
    [MaxLength(8_192)]
    public string? ApiKey { get; init; }

    /// <summary>Trims spaces, which are often pasted along and which none of these values contains, and lower-cases a restaurant GUID,
    /// whose case does not matter.</summary>
    public PosCredentials ToCredentials() =>
        new(Environment, Provider == Provider.Toast ? LocationId.Trim().ToLowerInvariant() : LocationId.Trim())
        {
            AccessToken = (Provider == Provider.Toast ? ApiKey ?? AccessToken : AccessToken ?? ApiKey)?.Trim(),
            RefreshToken = Provider == Provider.Toast ? null : RefreshToken?.Trim(),
            ExpiresAt = ExpiresAt,
            ClientId = ClientId?.Trim(),
            ClientSecret = ClientSecret?.Trim(),
        };

    /// <summary>Contains no secret.</summary>
    public override string ToString() => $"{Provider} {Environment} {LocationId}";
}
