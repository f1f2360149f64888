using System.Security.Claims;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>Finds members for node(id:). For owners of the venue, and for every user their own membership.</summary>
internal sealed class MemberNodes(IDbContextFactory<RulesDb> dbFactory, IVenues venues) : INodeSource
{
    public async Task<IReadOnlyDictionary<string, INode>> FindAsync(
        IReadOnlyCollection<string> ids,
        ClaimsPrincipal? user,
        CancellationToken cancellationToken
    )
    {
        var (caller, keys) = (Caller.Of(user), NodeIds.ParseGuids(ids));
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var found = await db
            .Members.FromSql($"select * from rules.members where rules.member_id(venue_id, user_id) = any({keys.Values.ToArray()})")
            .AsNoTracking()
            .ToListAsync(cancellationToken);
        var venuesById = await venues.FindAsync(found.ConvertAll(m => m.VenueId), cancellationToken);
        return keys.Match(
            found
                .Where(m =>
                    venuesById.TryGetValue(m.VenueId, out var venue)
                    && (m.UserId == caller.UserId || caller.May(Right.ViewTransactions, venue))
                )
                .Select(m => new Member(venuesById[m.VenueId], m)),
            m => m.Id
        );
    }
}
