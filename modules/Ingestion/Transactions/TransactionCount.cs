using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>How many transactions arrived through this connection, in whatever state.</summary>
internal sealed class TransactionCount(IDbContextFactory<IngestionDb> dbFactory)
{
    public IDataLoaderResult<long> Handle([Parent] IPosConnectionPart connection, IResolveFieldContext context) =>
        BatchLoaders.Load<Guid, long>(
            context,
            (typeof(TransactionCount), connection.VenueId),
            connection.ConnectionId,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                return await db
                    .TransactionCounts.AsNoTracking()
                    .Where(c => c.VenueId == connection.VenueId && ids.Contains(c.ConnectionId))
                    .GroupBy(c => c.ConnectionId)
                    .Select(g => new { g.Key, Count = g.Sum(c => c.Count) })
                    .ToDictionaryAsync(g => g.Key, g => g.Count, cancellationToken);
            },
            0
        );
}
