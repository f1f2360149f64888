using System.Security.Claims;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Ingestion.Syncs;

/// <summary>Finds sync runs for node(id:). For owners of the venue and HEAD_MODERATOR.</summary>
internal sealed class SyncRunNodes(IDbContextFactory<IngestionDb> dbFactory, IVenues venues, IPosConnections connections) : INodeSource
{
    public async Task<IReadOnlyDictionary<string, INode>> FindAsync(
        IReadOnlyCollection<string> ids,
        ClaimsPrincipal? user,
        CancellationToken cancellationToken
    )
    {
        var (caller, keys) = (Caller.Of(user), NodeIds.ParseGuids(ids));
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var found = await db.SyncRuns.AsNoTracking().Where(r => keys.Values.Contains(r.Id)).ToListAsync(cancellationToken);
        var visible = await venues.FindVisibleAsync(found.Select(r => r.VenueId), Right.ViewVenue, caller, cancellationToken);
        var runs = new List<SyncRun>();
        foreach (var row in found.Where(r => visible.ContainsKey(r.VenueId)))
            runs.Add(
                new SyncRun(
                    row,
                    await connections.FindAsync(row.ConnectionId, cancellationToken) is { } details
                        ? connections.Streams(details.Provider, row.ByCreation).Count
                        : 1
                )
            );
        return keys.Match(runs, r => r.Id);
    }
}
