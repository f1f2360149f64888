using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;

namespace Ingestion.Webhooks;

/// <summary>A genuine event as the provider sent it.</summary>
/// <param name="Id">Ours.</param>
/// <param name="Provider">Whose event it is.</param>
/// <param name="EventId">The provider's or, when the body has none, sha256: and the body's hash.</param>
/// <param name="Type">The provider's, e.g. payment.updated.</param>
/// <param name="Status">What became of it.</param>
/// <param name="ReceivedAt">When it first came.</param>
/// <param name="Attempts">How often it was tried to use it.</param>
/// <param name="Reason">Why it was ignored or failed; of a processed one, what of it could not be used.</param>
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
    /// <summary>Null for an event of no known till.</summary>
    [Ignore]
    public required IVenue? Venue { get; init; }
}

/// <summary>The venue's webhook events, the newest first. Owner or HEAD_MODERATOR.</summary>
internal sealed class VenueWebhookEvents(IDbContextFactory<IngestionDb> dbFactory)
{
    private const string CursorKind = "event";

    /// <param name="status">Only those that are so.</param>
    /// <param name="first">How many, 1 to 200.</param>
    /// <param name="after">The endCursor of the page before.</param>
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
