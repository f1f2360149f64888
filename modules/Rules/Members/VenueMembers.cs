using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;
using Rules.SpendRules;

namespace Rules.Members;

/// <summary>The venue's members in the order of their user ids. Requires an owner of the venue.</summary>
internal sealed class VenueMembers(IDbContextFactory<RulesDb> dbFactory)
{
    private const string CursorKind = "member";

    /// <param name="tier">Returns only members of this tier; all when left out.</param>
    /// <param name="first">How many to return, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page; left out for the first page.</param>
    public async Task<Connection<Member>> MembersAsync(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        Tier? tier = null,
        [DefaultAstValue("50")] int? first = 50,
        string? after = null
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        var page = Page.Of(first, after);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = db.Members.AsNoTracking().Where(m => m.VenueId == venue.Id && (tier == null || m.Tier == tier));
        if (after is not null)
        {
            var lastUserId = Cursor.Decode(CursorKind, after, 1)[0];
            rows = rows.Where(m => m.UserId.CompareTo(lastUserId) > 0);
        }
        var found = await rows.OrderBy(m => m.UserId).Take(page.FetchCount).ToListAsync(cancellationToken);
        return Connection.Of(page, found.ConvertAll(m => new Member(venue, m)), m => Cursor.Encode(CursorKind, m.UserId));
    }
}
