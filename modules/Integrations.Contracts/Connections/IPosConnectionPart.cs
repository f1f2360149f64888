using NodaTime;

namespace Integrations.Contracts.Connections;

/// <summary>A connection, or a part of one, as other modules know it: the parent of the fields they add to the GraphQL types PosConnection and
/// SyncSettings.</summary>
public interface IPosConnectionPart
{
    Guid ConnectionId { get; }

    string VenueId { get; }

    /// <summary>When it was cut off; null while it is connected.</summary>
    Instant? DisconnectedAt { get; }
}
