using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;

namespace Rules.Members;

/// <summary>A venue at which the caller is a member.</summary>
/// <param name="VenueId">The venue's id.</param>
/// <param name="VenueName">The venue's name.</param>
/// <param name="Member">The caller's tier, access and spend at the venue.</param>
internal sealed record Membership([property: Id] string VenueId, string VenueName, Member Member);

/// <summary>The venues at which the caller is a member, in the order of their ids. Every user may read their own.</summary>
internal sealed class ViewerMemberships(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IGuestMerges merges)
{
    // However often a query asks for them, they are read once.
    public IDataLoaderResult<IReadOnlyList<Membership>> Memberships(IResolveFieldContext context) =>
        BatchLoaders.Load<string, IReadOnlyList<Membership>>(context, typeof(ViewerMemberships), context.Caller().UserId, LoadAsync, []);

    private async Task<IReadOnlyDictionary<string, IReadOnlyList<Membership>>> LoadAsync(
        IReadOnlyList<string> userIds,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db.Members.AsNoTracking().Where(m => userIds.Contains(m.UserId)).ToListAsync(cancellationToken);
        var userIdOf = rows.ToDictionary(m => m, m => m.UserId);
        // Where a user was merged into another one, the other one's membership is theirs.
        foreach (var merged in await merges.ListAsync(userIds, cancellationToken))
            if (
                await db
                    .Members.AsNoTracking()
                    .SingleOrDefaultAsync(m => m.VenueId == merged.VenueId && m.UserId == merged.IntoUserId, cancellationToken) is
                { } other
            )
            {
                rows.Add(other);
                userIdOf[other] = merged.UserId;
            }
        var venuesById = await venues.FindAsync(rows.Select(m => m.VenueId).ToHashSet(), cancellationToken);
        return rows.Where(m => venuesById.ContainsKey(m.VenueId))
            .OrderBy(m => m.VenueId)
            .GroupBy(m => userIdOf[m])
            .ToDictionary(
                g => g.Key,
                IReadOnlyList<Membership> (g) =>
                    [.. g.Select(m => new Membership(m.VenueId, venuesById[m.VenueId].Name, new Member(venuesById[m.VenueId], m)))]
            );
    }
}
