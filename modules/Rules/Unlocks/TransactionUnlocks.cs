using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel;
using PosModular.Kernel.Schema;

namespace Rules.Unlocks;

/// <summary>What this sale has unlocked.</summary>
internal sealed class TransactionUnlocks(IDbContextFactory<RulesDb> dbs)
{
    public IDataLoaderResult<IEnumerable<Unlock>> Unlocks([Parent] ITransaction transaction, IResolveFieldContext context) =>
        BatchLoaders.Ask<Guid, IEnumerable<Unlock>>(context, (typeof(TransactionUnlocks), transaction.VenueId), transaction.Id, async (ids, ct) =>
        {
            await using var db = await dbs.CreateDbContextAsync(ct);
            var rows = await db.Unlocks.AsNoTracking().Where(u => u.VenueId == transaction.VenueId && ids.Contains(u.TransactionId!.Value)).OrderBy(u => u.Seq).ToListAsync(ct);
            return rows.GroupBy(u => u.TransactionId!.Value).ToDictionary(g => g.Key, g => g.Select(u => new Unlock(u)));
        }, []);
}
