using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>The member whose sale it is; null while nobody is known.</summary>
internal sealed class TransactionMember(IDbContextFactory<RulesDb> dbs, IVenues venues)
{
    public IDataLoaderResult<Member?> Member([Parent] ITransaction transaction, IResolveFieldContext context) =>
        BatchLoaders.Ask<string, Member?>(context, (typeof(TransactionMember), transaction.VenueId), transaction.UserId ?? "", async (ids, ct) =>
        {
            await using var db = await dbs.CreateDbContextAsync(ct);
            var venue = (await venues.FindAsync(transaction.VenueId, ct))!;
            var rows = await db.Members.AsNoTracking().Where(m => m.VenueId == venue.Id && ids.Contains(m.UserId)).ToListAsync(ct);
            return rows.ToDictionary(m => m.UserId, m => (Member?)new Member(venue, m));
        }, null);
}
