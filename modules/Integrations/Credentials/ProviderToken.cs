using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Integrations.Credentials;

/// <summary>A token that a provider gave for client credentials, shared by all connections and hosts that use the same ones: providers count logins.</summary>
internal sealed class ProviderToken
{
    /// <summary>A UUID made of a hash over provider, environment and credentials: the same for the same ones, and tells nothing of them.</summary>
    public Guid Id { get; init; }

    /// <summary>Sealed; null before the first login, and once it was refused.</summary>
    public string? Token { get; init; }
    public Instant? ExpiresAt { get; init; }

    /// <summary>The last logins that the provider has answered, the latest first; two are kept.</summary>
    public Instant? LastLoginAt { get; init; }
    public Instant? PreviousLoginAt { get; init; }

    /// <summary>Somebody is logging in just now, for at most so long.</summary>
    public Instant? LoginLeaseUntil { get; init; }

    public static void Map(EntityTypeBuilder<ProviderToken> token) => token.ToTable("provider_tokens").HasKey(t => t.Id);
}
