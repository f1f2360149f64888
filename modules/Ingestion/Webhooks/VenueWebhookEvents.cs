using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;

namespace Ingestion.Webhooks;

/// <summary>A genuine webhook event as the provider sent it.</summary>
/// <param name="Id">The event's id here, a version-7 UUID.</param>
/// <param name="Provider">The provider that sent the event.</param>
/// <param name="EventId">The provider's event id. If the body contains none, it is sha256: followed by the body's hash.</param>
/// <param name="Type">The provider's event type, e.g. payment.updated.</param>
/// <param name="Status">What became of the event.</param>
/// <param name="ReceivedAt">When the event first arrived.</param>
/// <param name="Attempts">How often the event was processed: once on arrival and once for each replay.</param>
/// <param name="Reason">Why the event was ignored or failed, or which parts of a processed event could not be used; null when all of it was
/// used.</param>
internal sealed record WebhookEvent(
    Guid Id,
    Provider Provider,
    string EventId,
    string Type,
    WebhookEventStatus Status,
    Instant ReceivedAt,
    int Attempts,
    string? Reason
)
{
    /// <summary>The event's venue; null for an event whose connection is unknown.</summary>
    [Ignore]
    public required IVenue? Venue { get; init; }
}

/// <summary>The venue's webhook events, newest first. For owners of the venue and HEAD_MODERATOR; FORBIDDEN otherwise.</summary>
internal sealed class VenueWebhookEvents(IDbContextFactory<IngestionDb> dbFactory)
{
    private const string CursorKind = "event";

    /// <param name="status">Returns only events with this status.</param>
    /// <param name="first">How many entries to return, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page; null for the first page.</param>
    public async Task<Connection<WebhookEvent>> WebhookEventsAsync(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        WebhookEventStatus? status = null,
        [DefaultAstValue("50")] int? first = 50,
        string? after = null
    )
    {
        context.Caller().Demand(Right.ViewVenue, venue);
        var page = Page.Of(first, after);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var events = db.WebhookEvents.AsNoTracking().Where(e => e.VenueId == venue.Id);
        if (status is not null)
            events = events.Where(e => e.Status == status);
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
                Venue = venue,
            })
            .ToListAsync(cancellationToken);
        return Connection.Of(page, rows, e => Cursor.EncodeTime(CursorKind, e.ReceivedAt, e.Id));
    }
}
