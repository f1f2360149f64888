using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>Null for somebody without a sale here. Owner only.</summary>
internal sealed class VenueMember(IDbContextFactory<RulesDb> dbFactory)
{
    /// <param name="userId">The sub claim of the user's token.</param>
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
