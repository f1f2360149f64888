using GraphQL;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;

namespace Integrations.OutgoingWebhooks;

/// <summary>One event on its way to one endpoint.</summary>
/// <param name="Id">The delivery's id, which is also the webhook-id of every attempt.</param>
/// <param name="Type">The type of the event, e.g. membership.unlocked.</param>
/// <param name="Status">What became of the delivery.</param>
/// <param name="Attempts">How often it was tried since it was queued or redelivered.</param>
/// <param name="Payload">The JSON body.</param>
/// <param name="Response">The answer to the last attempt, its status line and the first 1,000 characters, or why there was none; null
/// before the first attempt.</param>
/// <param name="CreatedAt">When the event was queued.</param>
/// <param name="NextAttemptAt">When the next attempt is due; null when there is none.</param>
/// <param name="DeliveredAt">When the endpoint accepted the event; null until then.</param>
internal sealed record Delivery(
    Guid Id,
    string Type,
    DeliveryStatus Status,
    int Attempts,
    string Payload,
    string? Response,
    Instant CreatedAt,
    Instant? NextAttemptAt,
    Instant? DeliveredAt
);

/// <summary>The endpoint's deliveries, the latest event first. Finished ones are kept for 30 days. INVALID_INPUT for a bad
/// cursor.</summary>
internal sealed class EndpointDeliveries(IDbContextFactory<IntegrationsDb> dbFactory)
{
    private const string CursorKind = "delivery";

    /// <param name="status">Returns only deliveries with this status.</param>
    /// <param name="first">The page size, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page; null for the first page.</param>
    public async Task<Connection<Delivery>> DeliveriesAsync(
        [Parent] WebhookEndpoint endpoint,
        CancellationToken cancellationToken,
        DeliveryStatus? status = null,
        [DefaultAstValue("50")] int? first = 50,
        string? after = null
    )
    {
        var page = Page.Of(first, after);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var deliveries = db.WebhookDeliveries.AsNoTracking().Where(d => d.EndpointId == endpoint.Id);
        // A constant, so that the index of failed deliveries is used.
        deliveries = status switch
        {
            null => deliveries,
            DeliveryStatus.Failed => deliveries.Where(d => d.Status == DeliveryStatus.Failed),
            DeliveryStatus.Pending => deliveries.Where(d => d.Status == DeliveryStatus.Pending),
            _ => deliveries.Where(d => d.Status == status),
        };
        if (after is not null)
        {
            var last = Cursor.DecodeTime(CursorKind, after).Id;
            deliveries = deliveries.Where(d => d.Id < last);
        }
        var rows = await deliveries
            .OrderByDescending(d => d.Id)
            .Take(page.FetchCount)
            .Select(d => new Delivery(
                d.Id,
                d.Type,
                d.Status,
                d.Attempts,
                d.Payload,
                d.Response,
                d.CreatedAt,
                d.NextAttemptAt,
                d.DeliveredAt
            ))
            .ToListAsync(cancellationToken);
        return Connection.Of(page, rows, d => Cursor.EncodeTime(CursorKind, d.CreatedAt, d.Id));
    }
}
