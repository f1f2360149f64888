using NodaTime;

namespace Integrations.Contracts.Connections;

/// <summary>A POS connection, or a part of one, as other modules see it: the parent of the fields that they add to the GraphQL types
/// PosConnection and SyncSettings.</summary>
public interface IPosConnectionPart
{
    Guid ConnectionId { get; }

    string VenueId { get; }

    /// <summary>When the connection was disconnected; null while it is connected.</summary>
    Instant? DisconnectedAt { get; }
}
