using GraphQL;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel;
using PosModular.Kernel.Schema;

namespace Rules.LiveSessions;

/// <summary>The venue's live sessions, the latest start first. Owner or HEAD_MODERATOR.</summary>
internal sealed class VenueLiveSessions(IDbContextFactory<RulesDb> dbs)
{
    private const string Kind = "session";

    /// <param name="first">How many, 1 to 200.</param>
    /// <param name="after">The endCursor of the page before.</param>
    public async Task<Connection<LiveSession>> LiveSessions(
        [Parent] IVenue venue, IResolveFieldContext context, CancellationToken ct, [DefaultAstValue("20")] int? first = 20, string? after = null)
    {
        context.Caller().Demand(Right.SeeVenue, venue);
        var page = Page.Of(first, after, usual: 20);
        await using var db = await dbs.CreateDbContextAsync(ct);
        var sessions = db.LiveSessions.AsNoTracking().Where(s => s.VenueId == venue.Id);
        if (after is not null)
        {
            var (at, id) = Cursor.ReadTime(Kind, after);
            sessions = sessions.Where(s => EF.Functions.LessThan(ValueTuple.Create(s.StartedAt, s.Id), ValueTuple.Create(at, id)));
        }
        var rows = await sessions.OrderByDescending(s => s.StartedAt).ThenByDescending(s => s.Id).Take(page.Probe).ToListAsync(ct);
        return Connection.Of(page, rows, s => Cursor.OfTime(Kind, s.StartedAt, s.Id));
    }
}
