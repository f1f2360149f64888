using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>The member whose transaction it is; null while it is matched to no user.</summary>
internal sealed class TransactionMember(IDbContextFactory<RulesDb> dbFactory, IVenues venues)
{
    public IDataLoaderResult<Member?> Member([Parent] ITransaction transaction, IResolveFieldContext context) =>
        BatchLoaders.Load<string, Member?>(
            context,
            (typeof(TransactionMember), transaction.VenueId),
            transaction.UserId ?? "",
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var venue = (await venues.FindAsync(transaction.VenueId, cancellationToken))!;
                var rows = await db
                    .Members.AsNoTracking()
                    .Where(m => m.VenueId == venue.Id && ids.Contains(m.UserId))
                    .ToListAsync(cancellationToken);
                return rows.ToDictionary(m => m.UserId, m => (Member?)new Member(venue, m));
            },
            null
        );
}
