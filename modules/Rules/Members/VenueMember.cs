using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>The venue's member with this user id; null for a user without a transaction at the venue. A user who was
/// merged into another one is the other one. Requires an owner of the
/// venue.</summary>
internal sealed class VenueMember(IDbContextFactory<RulesDb> dbFactory, IGuestMerges merges)
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
        if (row is null && (await merges.ListAsync([userId], cancellationToken)).FirstOrDefault(m => m.VenueId == venue.Id) is { } merged)
            row = await db
                .Members.AsNoTracking()
                .SingleOrDefaultAsync(m => m.VenueId == venue.Id && m.UserId == merged.IntoUserId, cancellationToken);
        return row is null ? null : new Member(venue, row);
    }
}
