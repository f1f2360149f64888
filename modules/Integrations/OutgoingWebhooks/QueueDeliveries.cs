using System.Text;
using Integrations.Contracts.Webhooks;
using MediatR;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>Queues each event for every enabled endpoint of its venue that wants its type. Deliveries and the position in the feed are one
/// commit, so no crash loses an event or queues it twice.</summary>
internal sealed class QueueDeliveries(IntegrationsDb db, DeliverySignal signal, AfterCommitActions afterCommitActions, IClock clock)
    : INotificationHandler<VenueEventsOccurred>
{
    public async Task Handle(VenueEventsOccurred notification, CancellationToken cancellationToken)
    {
        var venueIds = notification.Events.Select(e => e.VenueId).Distinct().ToArray();
        var endpoints = await db
            .WebhookEndpoints.AsNoTracking()
            .Where(e => venueIds.Contains(e.VenueId) && e.Enabled)
            .OrderBy(e => e.Id)
            .Select(e => new
            {
                e.Id,
                e.VenueId,
                e.Types,
            })
            .ToListAsync(cancellationToken);
        var deliveries = notification
            .Events.SelectMany(e =>
                endpoints.Where(p => p.VenueId == e.VenueId && p.Types.Contains(e.Type)).Select(p => new NewDelivery(p.Id, e))
            )
            .ToArray();
        if (deliveries.Length == 0)
            return;
        await using var batch = InsertOf((NpgsqlConnection)db.Database.GetDbConnection(), deliveries, clock.Now());
        await batch.ExecuteNonQueryAsync(cancellationToken);
        afterCommitActions.Add(signal.Set);
    }

    /// <summary>The statement that queues these deliveries in their order.</summary>
    public static NpgsqlBatch InsertOf(NpgsqlConnection connection, IReadOnlyList<NewDelivery> deliveries, Instant now) =>
        new NpgsqlBatch(connection).AddCommand(
            DeliverySql.Queue,
            Values(deliveries, _ => now.NewId()),
            Values(deliveries, d => d.EndpointId),
            Values(deliveries, d => d.Event.VenueId),
            Values(deliveries, d => d.Event.Subject),
            Values(deliveries, d => d.Event.Type),
            Values(deliveries, d => PayloadOf(d.Event)),
            now
        );

    // Source: Standard Webhooks specification 1.0.0, Payload structure. The data is JSON already.
    private static string PayloadOf(VenueEvent happened) =>
        new StringBuilder("{\"type\":\"")
            .Append(happened.Type)
            .Append("\",\"timestamp\":\"")
            .Append(InstantPattern.ExtendedIso.Format(happened.At))
            .Append("\",\"data\":")
            .Append(happened.Data)
            .Append('}')
            .ToString();

    private static T[] Values<TItem, T>(IReadOnlyList<TItem> items, Func<TItem, T> value) => [.. items.Select(value)];
}

/// <summary>An event to be queued for an endpoint.</summary>
internal sealed record NewDelivery(Guid EndpointId, VenueEvent Event);
