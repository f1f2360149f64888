using GraphQL;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;
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

/// <summary>The venue's webhook events, newest first. For owners of the venue and HEAD_MODERATOR; FORBIDDEN otherwise, INVALID_INPUT for a
/// bad cursor, page size or search, and when the list takes longer than five seconds.</summary>
internal sealed class VenueWebhookEvents(IDbContextFactory<IngestionDb> dbFactory)
{
    private const string CursorKind = "event";

    /// <param name="status">Returns only events with this status.</param>
    /// <param name="connectionId">Returns only events of this connection of the venue.</param>
    /// <param name="type">Returns only events of this type, e.g. payment.updated.</param>
    /// <param name="search">Returns only events with this event id or type, and those that changed the transaction with this payment id or
    /// order id of the provider. The whole text is compared; 1 to 200 characters.</param>
    /// <param name="from">Returns only events that arrived at or after this instant.</param>
    /// <param name="to">Returns only events that arrived before this instant.</param>
    /// <param name="first">How many entries to return, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page; null for the first page.</param>
    public async Task<Connection<WebhookEvent>> WebhookEventsAsync(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        WebhookEventStatus? status = null,
        [Id] string? connectionId = null,
        string? type = null,
        string? search = null,
        Instant? from = null,
        Instant? to = null,
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
        if (connectionId is not null)
            events = Guid.TryParse(connectionId, out var connection)
                ? events.Where(e => e.ConnectionId == connection)
                : events.Where(_ => false);
        if (type is not null)
            events = events.Where(e => e.Type == type);
        if (from is not null)
            events = events.Where(e => e.ReceivedAt >= from);
        if (to is not null)
            events = events.Where(e => e.ReceivedAt < to);
        if (after is not null)
        {
            var last = Cursor.DecodeTime(CursorKind, after).Id;
            events = events.Where(e => e.Id < last);
        }
        var rows = await db.BoundedAsync("Narrow the list by from and to.", async () =>
        {
            if (search is not null)
                events = await SearchAsync(db, events, venue.Id, search.Trim(), cancellationToken);
            return await events
                .OrderByDescending(e => e.Id)
                .Take(page.FetchCount)
                .Select(e => new WebhookEvent(e.Id, e.Provider, e.EventId, e.Type, e.Status, e.ReceivedAt, e.Attempts, e.Reason)
                {
                    Venue = venue,
                })
                .ToListAsync(cancellationToken);
        });
        return Connection.Of(page, rows, e => Cursor.EncodeTime(CursorKind, e.ReceivedAt, e.Id));
    }

    private static async Task<IQueryable<WebhookEventRow>> SearchAsync(
        IngestionDb db,
        IQueryable<WebhookEventRow> events,
        string venueId,
        string text,
        CancellationToken cancellationToken
    )
    {
        if (text.Length is 0 or > 200 || text.Any(char.IsControl))
            throw ApiError.InvalidInput("search must be an event id, an event type, a payment id or an order id, 1 to 200 characters.");
        // A version names the event that caused it.
        var transactionIds = db
            .Transactions.Where(t =>
                t.VenueId == venueId && AllProviders.Contains(t.Provider) && (t.ExternalId == text || t.ExternalOrderId == text)
            )
            .Select(t => t.Id);
        var eventIds = await db
            .TransactionVersions.AsNoTracking()
            .Where(v => v.VenueId == venueId && v.Cause == VersionCause.Webhook && transactionIds.Contains(v.TransactionId))
            .Select(v => v.CauseId!)
            .Distinct()
            .Take(1_000)
            .ToListAsync(cancellationToken);
        eventIds.Add(text);
        return events.Where(e => eventIds.Contains(e.EventId) || e.Type == text);
    }

    // Named, so that the index by venue, provider and id is used.
    private static readonly Provider[] AllProviders = Enum.GetValues<Provider>();
}
