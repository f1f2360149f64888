using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;

namespace Rules.Members;

/// <summary>A venue at which the caller is a member.</summary>
/// <param name="VenueId">The venue's id.</param>
/// <param name="VenueName">The venue's name.</param>
/// <param name="Member">The caller's tier, access and spend at the venue.</param>
internal sealed record Membership([property: Id] string VenueId, string VenueName, Member Member);

/// <summary>The venues at which the caller is a member, in the order of their ids. Every user may read their own.</summary>
internal sealed class ViewerMemberships(IDbContextFactory<RulesDb> dbFactory, IVenues venues)
{
    public async Task<IEnumerable<Membership>> MembershipsAsync(IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var userId = context.Caller().UserId;
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db.Members.AsNoTracking().Where(m => m.UserId == userId).OrderBy(m => m.VenueId).ToListAsync(cancellationToken);
        var venuesById = await venues.FindAsync(rows.ConvertAll(m => m.VenueId), cancellationToken);
        return rows.Where(m => venuesById.ContainsKey(m.VenueId))
            .Select(m => new Membership(m.VenueId, venuesById[m.VenueId].Name, new Member(venuesById[m.VenueId], m)));
    }
}
