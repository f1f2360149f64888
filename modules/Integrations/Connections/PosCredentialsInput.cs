using Integrations.Contracts.Connections;
using NodaTime;

namespace Integrations.Connections;

/// <summary>What a provider needs to let us in.</summary>
internal sealed record PosCredentialsInput
{
    /// <summary>Whose till it is.</summary>
    public required Provider Provider { get; init; }

    /// <summary>Which of the provider's worlds the credentials are for.</summary>
    public required PosEnvironment Environment { get; init; }

    /// <summary>Square location id, Toast restaurant GUID.</summary>
    public required string LocationId { get; init; }

    /// <summary>Square: personal access token, or OAuth access token with the two below.</summary>
    public string? AccessToken { get; init; }

    /// <summary>Square OAuth: with it the access token is renewed ahead of its end.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>Square OAuth: when the access token ends.</summary>
    public Instant? ExpiresAt { get; init; }

    /// <summary>Toast: the client's id. Square OAuth: the application's, asked of Square when left out.</summary>
    public string? ClientId { get; init; }

    /// <summary>Toast: the client's secret. Square OAuth: the application's, unless it stands in the settings.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>Toast: a ready bearer token, instead of clientId and clientSecret.</summary>
    public string? ApiKey { get; init; }

    /// <summary>What is pasted often brings blanks along; none of these values has one at its end. A GUID is the same in capitals.</summary>
    public PosCredentials ToCredentials() =>
        new(Environment, Provider == Provider.Toast ? LocationId.Trim().ToLowerInvariant() : LocationId.Trim())
        {
            AccessToken = (Provider == Provider.Toast ? ApiKey ?? AccessToken : AccessToken ?? ApiKey)?.Trim(),
            RefreshToken = Provider == Provider.Toast ? null : RefreshToken?.Trim(),
            ExpiresAt = ExpiresAt,
            ClientId = ClientId?.Trim(),
            ClientSecret = ClientSecret?.Trim(),
        };

    /// <summary>Prints no secret.</summary>
    public override string ToString() => $"{Provider} {Environment} {LocationId}";
}
