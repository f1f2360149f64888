using GraphQL;
using GraphQL.DataLoader;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using Rules.Unlocks;

namespace Rules.Members;

/// <summary>The member's unlocks at the venue, the oldest first, revoked ones included.</summary>
internal sealed class MemberUnlocks(IDbContextFactory<RulesDb> dbFactory)
{
    public IDataLoaderResult<IEnumerable<Unlock>> Unlocks([Parent] Member member, IResolveFieldContext context) =>
        BatchLoaders.Load<string, IEnumerable<Unlock>>(
            context,
            (typeof(MemberUnlocks), member.Venue.Id),
            member.UserId,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var venueId = member.Venue.Id;
                var rows = await db
                    .Unlocks.AsNoTracking()
                    .Where(u => u.VenueId == venueId && ids.Contains(u.UserId))
                    .OrderBy(u => u.Seq)
                    .ToListAsync(cancellationToken);
                return rows.GroupBy(u => u.UserId).ToDictionary(g => g.Key, g => g.Select(u => new Unlock(u)));
            },
            []
        );
}
