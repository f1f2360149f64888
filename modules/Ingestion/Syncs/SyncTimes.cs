using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel;
using PosModular.Kernel.Schema;

namespace Ingestion.Syncs;

/// <summary>When the till was last read whole.</summary>
internal sealed class LastSyncAt(IDbContextFactory<IngestionDb> dbs)
{
    public IDataLoaderResult<Instant?> Handle([Parent] IConnectionPart connection, IResolveFieldContext context) =>
        BatchLoaders.Ask<Guid, Instant?>(context, typeof(LastSyncAt), connection.ConnectionId, async (ids, ct) =>
        {
            await using var db = await dbs.CreateDbContextAsync(ct);
            return await db.SyncPlaces.AsNoTracking().Where(p => ids.Contains(p.ConnectionId)).ToDictionaryAsync(p => p.ConnectionId, p => p.LastSyncAt, ct);
        }, null);
}

/// <summary>When the next sync is due by the clock; null for a till that is not polled.</summary>
internal sealed class NextSyncAt(IDbContextFactory<IngestionDb> dbs, ITills tills)
{
    public IDataLoaderResult<Instant?> Handle([Parent] IConnectionPart connection, IResolveFieldContext context) =>
        BatchLoaders.Ask<Guid, Instant?>(context, typeof(NextSyncAt), connection.ConnectionId, async (ids, ct) =>
        {
            var polled = (await tills.ConnectedAsync(ct)).Where(t => t.SyncEnabled).Select(t => t.Till.ConnectionId).ToHashSet();
            await using var db = await dbs.CreateDbContextAsync(ct);
            return (await db.SyncPlaces.AsNoTracking().Where(p => ids.Contains(p.ConnectionId)).ToListAsync(ct))
                .ToDictionary(p => p.ConnectionId, p => polled.Contains(p.ConnectionId) ? p.NextSyncAt : (Instant?)null);
        }, null);
}
