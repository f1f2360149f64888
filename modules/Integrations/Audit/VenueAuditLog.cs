using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;

namespace Integrations.Audit;

/// <summary>The venue's audit log, latest entry first. For owners of the venue and HEAD_MODERATOR.</summary>
internal sealed class VenueAuditLog(IDbContextFactory<IntegrationsDb> dbFactory)
{
    private const string CursorKind = "audit";

    /// <param name="userId">Returns only changes that this user made.</param>
    /// <param name="action">Returns only changes by this mutation, e.g. connectPos.</param>
    /// <param name="from">Returns only changes made at or after this instant.</param>
    /// <param name="to">Returns only changes made before this instant.</param>
    /// <param name="first">The page size, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page; null for the first page.</param>
    public async Task<Connection<AuditEntry>> AuditLogAsync(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        [Id] string? userId = null,
        string? action = null,
        Instant? from = null,
        Instant? to = null,
        [DefaultAstValue("50")] int? first = 50,
        string? after = null
    )
    {
        context.Caller().Demand(Right.ViewVenue, venue);
        var page = Page.Of(first, after);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var entries = db.AuditLog.AsNoTracking().Where(e => e.VenueId == venue.Id);
        if (userId is not null)
            entries = entries.Where(e => e.UserId == userId);
        if (action is not null)
            entries = entries.Where(e => e.Action == action);
        if (from is not null)
            entries = entries.Where(e => e.At >= from);
        if (to is not null)
            entries = entries.Where(e => e.At < to);
        if (after is not null)
        {
            var last = Cursor.DecodeTime(CursorKind, after).Id;
            entries = entries.Where(e => e.Id < last);
        }
        return Connection.Of(page, await entries.OrderByDescending(e => e.Id).Take(page.FetchCount).ToListAsync(cancellationToken), e =>
            Cursor.EncodeTime(CursorKind, e.At, e.Id)
        );
    }
}
