using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts.Connections;

namespace Ingestion.Ledger;

/// <summary>Something to be taken in: what a till tells at once (an event, a page of a sync, fetched orders) and, where there is one, the raw
/// event that told it.</summary>
internal sealed record BatchItem
{
    /// <summary>Empty for a signed event of an unknown till.</summary>
    public required string VenueId { get; init; }

    /// <summary>Null for what was fetched. With one, nothing of this counts unless the event is new.</summary>
    public WebhookEventRow? Event { get; init; }

    public IReadOnlyList<ObservedPayment> Payments { get; init; } = [];
    public IReadOnlyList<ObservedRefund> Refunds { get; init; } = [];
    public IReadOnlyList<ObservedOrder> Orders { get; init; } = [];

    /// <summary>Orders that have changed and must be fetched to be known.</summary>
    public IReadOnlyList<OrderFetchRequest> ChangedOrders { get; init; } = [];

    /// <summary>Hashes are computed here, not by the one writer of the host.</summary>
    /// <param name="connection">Whose facts they are.</param>
    /// <param name="facts">What it tells.</param>
    /// <param name="cause">For the history.</param>
    /// <param name="causeId">The event or run; an order's own id when it is null.</param>
    /// <param name="rawEvent">The event that told it.</param>
    public static BatchItem Of(
        PosConnectionDetails connection,
        PosObservations facts,
        VersionCause cause,
        string? causeId,
        WebhookEventRow? rawEvent = null
    )
    {
        ObservedPayment[] payments = [.. facts.Payments.Select(p => ObservedPayment.Of(connection, p, cause, causeId))];
        if (facts is { Refunds.Count: 0, Orders.Count: 0, ChangedOrderIds.Count: 0 })
            return new BatchItem
            {
                VenueId = connection.VenueId,
                Event = rawEvent,
                Payments = payments,
            };
        if (rawEvent is null && facts.Orders.Select(o => o.ExternalId).ToHashSet() is { Count: > 0 } orders)
            payments = [.. payments.Select(p => p with { HasOrderInBatch = p.Payment.OrderId is { } order && orders.Contains(order) })];
        // A refund of no known payment is a row of its own beside the sales.
        var unlinked = facts
            .Refunds.Where(r => r.PaymentId is null)
            .Select(r => ObservedPayment.OfUnlinkedRefund(connection, r, cause, causeId));
        return new BatchItem
        {
            VenueId = connection.VenueId,
            Event = rawEvent,
            Payments = [.. payments, .. unlinked],
            Refunds = [.. facts.Refunds.Select(r => ObservedRefund.Of(connection, r, cause, causeId))],
            Orders =
            [
                .. facts.Orders.Select(o => new ObservedOrder(
                    new OrderKey(connection.VenueId, connection.Provider, o.ExternalId),
                    o,
                    cause,
                    causeId ?? o.ExternalId
                )),
            ],
            ChangedOrders =
            [
                .. facts.ChangedOrderIds.Select(id => new OrderFetchRequest(
                    new OrderKey(connection.VenueId, connection.Provider, id),
                    connection.ConnectionId
                )),
            ],
        };
    }

    /// <summary>What it is about, for telling; the first thing in it.</summary>
    public string Label =>
        Payments is [var payment, ..] ? payment.Key.ExternalId
        : Refunds is [var refund, ..] ? refund.Key.ExternalId
        : Orders is [var order, ..] ? order.Key.OrderId
        : Event?.EventId ?? "(nothing)";

    /// <summary>An event that tells nothing which counts: ignored, or of no use.</summary>
    public static BatchItem EventOnly(WebhookEventRow rawEvent) => new() { VenueId = rawEvent.VenueId, Event = rawEvent };

    /// <summary>One for each thing in it, to find the one that breaks the save. The raw event, if any, is not in them.</summary>
    public IReadOnlyList<BatchItem> Split() =>
        [
            .. Payments.Where(p => !p.IsRefundOnly).Select(p => new BatchItem { VenueId = VenueId, Payments = [p] }),
            .. Refunds.Select(r => new BatchItem
            {
                VenueId = VenueId,
                Refunds = [r],
                Payments = [.. Payments.Where(p => p.IsRefundOnly && p.Key.ExternalId == r.Key.ExternalId)],
            }),
            .. Orders.Select(o => new BatchItem { VenueId = VenueId, Orders = [o] }),
            .. ChangedOrders.Select(o => new BatchItem { VenueId = VenueId, ChangedOrders = [o] }),
        ];
}

/// <summary>Which order it is.</summary>
internal readonly record struct OrderKey(string VenueId, Provider Provider, string OrderId);

/// <summary>An order as somebody has just seen it.</summary>
internal sealed record ObservedOrder(OrderKey Key, PosOrder Order, VersionCause Cause, string? CauseId);

/// <summary>An order that is to be fetched, and by which connection.</summary>
internal readonly record struct OrderFetchRequest(OrderKey Key, Guid ConnectionId);

/// <summary>What a commit came to. Payments and refunds are counted once each, however often they were told.</summary>
/// <param name="Created">Not known before.</param>
/// <param name="Updated">Known before in an older state.</param>
/// <param name="Unchanged">Known before in this state or a newer one.</param>
/// <param name="StaleOrders">Orders that were told in an older state than is known here: they must be fetched again.</param>
internal sealed record BatchResult(int Created, int Updated, int Unchanged, IReadOnlySet<OrderKey> StaleOrders)
{
    public static BatchResult Empty { get; } = new(0, 0, 0, new HashSet<OrderKey>());
}
