using MediatR;

namespace Integrations.Contracts.Connections;

/// <summary>A POS connection of a venue was made, changed or disconnected, or its signature keys have changed. Published after the commit
/// to every handler on every host, possibly more than once, so handlers must tolerate repetition. It does not survive a crash: it serves to
/// drop caches, not to exchange facts.</summary>
/// <param name="VenueId">The venue of the connection; null when a host may have missed changes of any venue.</param>
public sealed record ConnectionChanged(string? VenueId) : INotification;
