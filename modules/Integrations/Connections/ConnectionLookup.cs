using Microsoft.EntityFrameworkCore;

namespace Integrations.Connections;

internal static class ConnectionLookup
{
    /// <summary>The connection with this id, tracked by the context; null when there is none.</summary>
    public static async Task<PosConnectionRow?> FindConnectionAsync(
        this IntegrationsDb db,
        string connectionId,
        CancellationToken cancellationToken
    ) => Guid.TryParse(connectionId, out var id) ? await db.Connections.SingleOrDefaultAsync(c => c.Id == id, cancellationToken) : null;
}
