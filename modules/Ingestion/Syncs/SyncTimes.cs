using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Ingestion.Syncs;

/// <summary>When the last sync of the connection was completed; null before the first one.</summary>
internal sealed class LastSyncAt(IDbContextFactory<IngestionDb> dbFactory)
{
    public IDataLoaderResult<Instant?> Handle([Parent] IPosConnectionPart connection, IResolveFieldContext context) =>
        BatchLoaders.Load<Guid, Instant?>(
            context,
            typeof(LastSyncAt),
            connection.ConnectionId,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                return await db
                    .SyncStates.AsNoTracking()
                    .Where(p => ids.Contains(p.ConnectionId))
                    .ToDictionaryAsync(p => p.ConnectionId, p => p.LastSyncAt, cancellationToken);
            },
            null
        );
}

/// <summary>When the next scheduled sync is due; null when scheduled syncs are switched off or the connection is disconnected.</summary>
internal sealed class NextSyncAt(IDbContextFactory<IngestionDb> dbFactory, IPosConnections connections)
{
    public IDataLoaderResult<Instant?> Handle([Parent] IPosConnectionPart connection, IResolveFieldContext context) =>
        BatchLoaders.Load<Guid, Instant?>(
            context,
            typeof(NextSyncAt),
            connection.ConnectionId,
            async (ids, cancellationToken) =>
            {
                var polled = (await connections.ListConnectedAsync(cancellationToken))
                    .Where(t => t.SyncEnabled)
                    .Select(t => t.Details.ConnectionId)
                    .ToHashSet();
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                return (
                    await db.SyncStates.AsNoTracking().Where(p => ids.Contains(p.ConnectionId)).ToListAsync(cancellationToken)
                ).ToDictionary(p => p.ConnectionId, p => polled.Contains(p.ConnectionId) ? p.NextSyncAt : (Instant?)null);
            },
            null
        );
}
