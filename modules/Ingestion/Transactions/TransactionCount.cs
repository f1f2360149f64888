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
                    .Transactions.AsNoTracking()
                    .Where(t => t.VenueId == connection.VenueId && ids.Contains(t.ConnectionId))
                    .GroupBy(t => t.ConnectionId)
                    .Select(g => new { g.Key, Count = g.LongCount() })
                    .ToDictionaryAsync(g => g.Key, g => g.Count, cancellationToken);
            },
            0
        );
}
