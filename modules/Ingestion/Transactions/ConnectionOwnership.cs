using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;

namespace Ingestion.Transactions;

internal static class ConnectionOwnership
{
    /// <summary>Whether a connection belongs to another venue that the caller may see. To other callers it is as unknown as one that does
    /// not exist.</summary>
    public static async ValueTask<bool> IsOfAnotherVenueAsync(
        this IPosConnections connections,
        string? connectionId,
        IVenue venue,
        IVenues venues,
        Caller caller,
        CancellationToken cancellationToken
    ) =>
        Guid.TryParse(connectionId, out var id)
        && await connections.FindAsync(id, cancellationToken) is { } connection
        && connection.VenueId != venue.Id
        && await venues.FindAsync(connection.VenueId, cancellationToken) is { } other
        && caller.May(Right.ViewVenue, other);
}
