using GraphQL;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Paging;

namespace Ingestion.Webhooks;

/// <summary>Genuine webhook events that belong to no known connection, newest first. Connect the location, then pass their ids to
/// replayWebhookEvents. For HEAD_MODERATOR; FORBIDDEN otherwise.</summary>
internal sealed class UnroutedWebhookEvents(IDbContextFactory<IngestionDb> dbFactory)
{
    private const string CursorKind = "unrouted";

    /// <param name="first">How many entries to return, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page; null for the first page.</param>
    public async Task<Connection<WebhookEvent>> HandleAsync(
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        [DefaultAstValue("50")] int? first = 50,
        string? after = null
    )
    {
        context.Caller().Demand(Right.ManageConnections);
        var page = Page.Of(first, after);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var events = db.WebhookEvents.AsNoTracking().Where(e => e.VenueId == WebhookEventRow.UnroutedVenueId);
        if (after is not null)
        {
            var last = Cursor.DecodeTime(CursorKind, after).Id;
            events = events.Where(e => e.Id < last);
        }
        var rows = await events
            .OrderByDescending(e => e.Id)
            .Take(page.FetchCount)
            .Select(e => new WebhookEvent(e.Id, e.Provider, e.EventId, e.Type, e.Status, e.ReceivedAt, e.Attempts, e.Reason)
            {
                Venue = null,
            })
            .ToListAsync(cancellationToken);
        return Connection.Of(page, rows, e => Cursor.EncodeTime(CursorKind, e.ReceivedAt, e.Id));
    }
}
