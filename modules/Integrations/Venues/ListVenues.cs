using GraphQL;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Paging;

namespace Integrations.Venues;

/// <summary>The venues that you own, ordered by id; for HEAD_MODERATOR all venues.</summary>
internal sealed class ListVenues(IDbContextFactory<IntegrationsDb> dbFactory)
{
    private const string CursorKind = "venue";

    /// <param name="first">The page size, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page; null for the first page.</param>
    public async Task<Connection<Venue>> VenuesAsync(
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        [DefaultAstValue("50")] int? first = 50,
        string? after = null
    )
    {
        var caller = context.Caller();
        var page = Page.Of(first, after);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var venues = db.Venues.AsNoTracking();
        if (!caller.IsHeadModerator)
            venues = venues.Where(v => v.OwnerUserIds.Contains(caller.UserId));
        if (after is not null)
        {
            var key = Cursor.Decode(CursorKind, after, 1)[0];
            venues = venues.Where(v => v.Id.CompareTo(key) > 0);
        }
        return Connection.Of(page, await venues.OrderBy(v => v.Id).Take(page.FetchCount).ToListAsync(cancellationToken), v =>
            Cursor.Encode(CursorKind, v.Id)
        );
    }
}
