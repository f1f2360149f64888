using MediatR;

namespace Integrations.Contracts.Venues;

/// <summary>A venue's settings or owners have changed. Published after the commit to every handler on every host, possibly more than
/// once, so handlers must tolerate repetition. It does not survive a crash: it serves to drop caches, not to exchange facts.</summary>
/// <param name="VenueId">The venue; null when a host may have missed changes of any venue.</param>
public sealed record VenueChanged(string? VenueId) : INotification
{
    /// <summary>The name of the feed signal that is raised at the same time.</summary>
    public const string Signal = "venues";
}
