using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>The user's membership at the venue; null for a moment after their first transaction, until the rules have reached
/// it.</summary>
internal sealed class TopSpenderMember(IDbContextFactory<RulesDb> dbFactory, IVenues venues)
{
    public IDataLoaderResult<Member?> Member([Parent] ITopSpender spender, IResolveFieldContext context) =>
        BatchLoaders.Load<string, Member?>(
            context,
            (typeof(TopSpenderMember), spender.VenueId),
            spender.UserId,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var venue = (await venues.FindAsync(spender.VenueId, cancellationToken))!;
                var rows = await db
                    .Members.AsNoTracking()
                    .Where(m => m.VenueId == venue.Id && ids.Contains(m.UserId))
                    .ToListAsync(cancellationToken);
                return rows.ToDictionary(m => m.UserId, m => (Member?)new Member(venue, m));
            },
            null
        );
}
