using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using Rules.Unlocks;

namespace Rules.Members;

/// <summary>The member as they are now.</summary>
internal sealed class MembershipChangeMember(IDbContextFactory<RulesDb> dbFactory, IVenues venues)
{
    public IDataLoaderResult<Member> Member([Parent] MembershipChange change, IResolveFieldContext context)
    {
        var venueId = change.Unlock.VenueId;
        return BatchLoaders.Load<string, Member>(
            context,
            (typeof(MembershipChangeMember), venueId),
            change.Unlock.UserId,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var venue = (await venues.FindAsync(venueId, cancellationToken))!;
                var rows = await db
                    .Members.AsNoTracking()
                    .Where(m => m.VenueId == venueId && ids.Contains(m.UserId))
                    .ToDictionaryAsync(m => m.UserId, cancellationToken);
                return ids.ToDictionary(id => id, id => new Member(venue, rows.GetValueOrDefault(id) ?? Forgotten(venueId, id)));
            },
            null!
        );
    }

    private static MemberRow Forgotten(string venueId, string userId) =>
        new()
        {
            VenueId = venueId,
            UserId = userId,
            Tier = Tier.Guest,
            Access = [],
        };
}
