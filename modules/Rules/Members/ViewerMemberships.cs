using GraphQL;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Rules.Members;

/// <summary>Where you are known.</summary>
/// <param name="VenueId">Which venue.</param>
/// <param name="VenueName">Its name.</param>
/// <param name="Member">You, as it knows you.</param>
internal sealed record Membership([property: Id] string VenueId, string VenueName, Member Member);

/// <summary>Where I am a member, with my tier and access. Any user, for himself.</summary>
internal sealed class ViewerMemberships(IDbContextFactory<RulesDb> dbs, IVenues venues)
{
    public async Task<IEnumerable<Membership>> Memberships(IResolveFieldContext context, CancellationToken ct)
    {
        var user = context.Caller().UserId;
        await using var db = await dbs.CreateDbContextAsync(ct);
        var rows = await db.Members.AsNoTracking().Where(m => m.UserId == user).OrderBy(m => m.VenueId).ToListAsync(ct);
        var known = await venues.FindAsync(rows.ConvertAll(m => m.VenueId), ct);
        return rows.Where(m => known.ContainsKey(m.VenueId)).Select(m => new Membership(m.VenueId, known[m.VenueId].Name, new Member(known[m.VenueId], m)));
    }
}
