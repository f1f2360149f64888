using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;

namespace Rules.LiveSessions;

/// <summary>The venue's live sessions, the latest start first. Requires an owner of the venue or HEAD_MODERATOR.</summary>
internal sealed class VenueLiveSessions(IDbContextFactory<RulesDb> dbFactory)
{
    private const string CursorKind = "session";

    /// <param name="first">How many to return, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page; left out for the first page.</param>
    public async Task<Connection<LiveSession>> LiveSessionsAsync(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        [DefaultAstValue("20")] int? first = 20,
        string? after = null
    )
    {
        context.Caller().Demand(Right.ViewVenue, venue);
        var page = Page.Of(first, after, defaultSize: 20);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var sessions = db.LiveSessions.AsNoTracking().Where(s => s.VenueId == venue.Id);
        if (after is not null)
        {
            var (at, id) = Cursor.DecodeTime(CursorKind, after);
            sessions = sessions.Where(s => EF.Functions.LessThan(ValueTuple.Create(s.StartedAt, s.Id), ValueTuple.Create(at, id)));
        }
        var rows = await sessions
            .OrderByDescending(s => s.StartedAt)
            .ThenByDescending(s => s.Id)
            .Take(page.FetchCount)
            .ToListAsync(cancellationToken);
        return Connection.Of(page, rows, s => Cursor.EncodeTime(CursorKind, s.StartedAt, s.Id));
    }
}
