using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;

namespace Rules.Members;

/// <summary>Where you are known.</summary>
/// <param name="VenueId">Which venue.</param>
/// <param name="VenueName">Its name.</param>
/// <param name="Member">You, as it knows you.</param>
internal sealed record Membership([property: Id] string VenueId, string VenueName, Member Member);

/// <summary>Where I am a member, with my tier and access. Any user, for himself.</summary>
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
