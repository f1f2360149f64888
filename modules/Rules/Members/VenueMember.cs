using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>The venue's member with this user id; null for a user without a transaction at the venue. Requires an owner of the
/// venue.</summary>
internal sealed class VenueMember(IDbContextFactory<RulesDb> dbFactory)
{
    /// <param name="userId">The user's id: the sub claim of their token.</param>
    public async Task<Member?> MemberAsync(
        [Parent] IVenue venue,
        [Id] string userId,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var row = await db.Members.AsNoTracking().SingleOrDefaultAsync(m => m.VenueId == venue.Id && m.UserId == userId, cancellationToken);
        return row is null ? null : new Member(venue, row);
    }
}
