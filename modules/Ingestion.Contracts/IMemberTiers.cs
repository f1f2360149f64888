using NodaTime;

namespace Ingestion.Contracts;

/// <summary>The tiers of a venue's members, as the module that keeps them answers other modules.</summary>
public interface IMemberTiers
{
    /// <summary>The users who hold this tier at the venue now.</summary>
    Task<IReadOnlyList<string>> ListUserIdsAsync(string venueId, Tier tier, CancellationToken cancellationToken);

    /// <summary>When each member of the venue held a tier above GUEST.</summary>
    Task<IReadOnlyList<HeldTier>> ListAboveGuestAsync(string venueId, CancellationToken cancellationToken);
}

/// <summary>A span of time during which a member held a tier.</summary>
/// <param name="UserId">The member.</param>
/// <param name="Tier">The tier.</param>
/// <param name="From">When they got it, inclusive.</param>
/// <param name="To">When it changed, exclusive; null while they hold it.</param>
public sealed record HeldTier(string UserId, Tier Tier, Instant From, Instant? To);
