using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Rules.Unlocks;

/// <summary>The unlocks that this transaction brought, revoked ones included.</summary>
internal sealed class TransactionUnlocks(IDbContextFactory<RulesDb> dbFactory)
{
    public IDataLoaderResult<IEnumerable<Unlock>> Unlocks([Parent] ITransaction transaction, IResolveFieldContext context) =>
        BatchLoaders.Load<Guid, IEnumerable<Unlock>>(
            context,
            (typeof(TransactionUnlocks), transaction.VenueId),
            transaction.Id,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var rows = await db
                    .Unlocks.AsNoTracking()
                    .Where(u => u.VenueId == transaction.VenueId && ids.Contains(u.TransactionId!.Value))
                    .OrderBy(u => u.Seq)
                    .ToListAsync(cancellationToken);
                return rows.GroupBy(u => u.TransactionId!.Value).ToDictionary(g => g.Key, g => g.Select(u => new Unlock(u)));
            },
            []
        );
}
