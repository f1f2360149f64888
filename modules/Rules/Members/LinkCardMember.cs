using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;
using Rules.Spend;

namespace Rules.Members;

/// <summary>The member to whom the card belongs or, after it was unlinked, belonged, with the spend and the tier after the change. Null for
/// a user without a transaction at the venue, for a caller who may not see the venue's members, and when the rules take longer than two
/// seconds.</summary>
internal sealed class LinkCardMember(IDbContextFactory<RulesDb> dbFactory, IVenues venues, EvaluationProgress progress)
{
    public async Task<Member?> MemberAsync(
        [Parent] IAssignment assignment,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        if (
            assignment is not { VenueId: { } venueId, UserId: { } userId }
            || await venues.FindAsync(venueId, cancellationToken) is not { } venue
            || !context.Caller().May(Right.ViewTransactions, venue)
            || !await progress.WaitAsync(venueId, assignment.Seq, cancellationToken)
        )
            return null;
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var row = await db.Members.AsNoTracking().SingleOrDefaultAsync(m => m.VenueId == venueId && m.UserId == userId, cancellationToken);
        return row is null ? null : new Member(venue, row);
    }
}
