namespace Ingestion.Contracts;

/// <summary>The tiers of a venue's members, as the module that keeps them answers other modules.</summary>
public interface IMemberTiers
{
    /// <summary>The users who hold this tier at the venue now.</summary>
    Task<IReadOnlyList<string>> ListUserIdsAsync(string venueId, Tier tier, CancellationToken cancellationToken);
}
