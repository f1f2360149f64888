using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Integrations.Credentials;

/// <summary>A token that a provider issued for client credentials. All connections and hosts with the same credentials share it, because
/// providers limit logins.</summary>
internal sealed class ProviderToken
{
    /// <summary>A UUID derived from a hash of provider, environment and credentials: the same for the same credentials, without revealing
    /// them.</summary>
    public Guid Id { get; init; }

    /// <summary>The encrypted token; null before the first login and after the provider has rejected it.</summary>
    public string? Token { get; init; }
    public Instant? ExpiresAt { get; init; }

    /// <summary>When the provider last answered a login. The answer before it is in <see cref="PreviousLoginAt"/>.</summary>
    public Instant? LastLoginAt { get; init; }
    public Instant? PreviousLoginAt { get; init; }

    /// <summary>The lease of the host that is logging in at the moment.</summary>
    public Instant? LoginLeaseUntil { get; init; }

    public static void Map(EntityTypeBuilder<ProviderToken> token) => token.ToTable("provider_tokens").HasKey(t => t.Id);
}
