using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts.Connections;

namespace Ingestion.Ledger;

/// <summary>What one event, one page of a sync or one fetch of orders says about a connection's payments, refunds and orders. An event also
/// carries its raw row.</summary>
internal sealed record BatchItem
{
    /// <summary>Empty for a genuine event whose connection is unknown.</summary>
    public required string VenueId { get; init; }

    /// <summary>The raw event; null for a page or a fetch. The item counts only if the event was not stored before.</summary>
    public WebhookEventRow? Event { get; init; }

    public IReadOnlyList<ObservedPayment> Payments { get; init; } = [];
    public IReadOnlyList<ObservedRefund> Refunds { get; init; } = [];
    public IReadOnlyList<ObservedOrder> Orders { get; init; } = [];

    /// <summary>Orders that have changed; their new state must be fetched.</summary>
    public IReadOnlyList<OrderFetchRequest> ChangedOrders { get; init; } = [];

    /// <summary>Translates what a provider said. The versions' hashes are computed here, on the caller's thread and not on the host's one
    /// writer.</summary>
    /// <param name="connection">The connection that the facts come from.</param>
    /// <param name="facts">What the provider said.</param>
    /// <param name="cause">The cause to record with the versions.</param>
    /// <param name="causeId">The event or run; null to name each order by its own id.</param>
    /// <param name="rawEvent">The event that carried the facts.</param>
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
        // A refund that names no payment gets a transaction of its own.
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

    /// <summary>Names the item in messages: the id of the first thing in it.</summary>
    public string Label =>
        Payments is [var payment, ..] ? payment.Key.ExternalId
        : Refunds is [var refund, ..] ? refund.Key.ExternalId
        : Orders is [var order, ..] ? order.Key.OrderId
        : Event?.EventId ?? "(nothing)";

    /// <summary>An event that is only stored: it is ignored or cannot be used.</summary>
    public static BatchItem EventOnly(WebhookEventRow rawEvent) => new() { VenueId = rawEvent.VenueId, Event = rawEvent };

    /// <summary>Splits the item into one for each thing in it, so that the one that the database refuses can be isolated. The raw event
    /// is left out.</summary>
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

/// <summary>What a commit did. Payments and refunds are counted once each, however often the batch contains them.</summary>
/// <param name="Created">Those that were not stored before.</param>
/// <param name="Updated">Those that were stored in an older state.</param>
/// <param name="Unchanged">Those that were stored in this state or a newer one.</param>
/// <param name="StaleOrders">Orders that the batch contains in an older state than the stored one. They must be fetched again.</param>
internal sealed record BatchResult(int Created, int Updated, int Unchanged, IReadOnlySet<OrderKey> StaleOrders)
{
    /// <summary>Whether any version was written. A batch of known states is stored without touching the ledger's tables.</summary>
    public bool WroteVersions { get; init; }

    public static BatchResult Empty { get; } = new(0, 0, 0, new HashSet<OrderKey>());

    public BatchResult Plus(BatchResult other) =>
        new(
            Created + other.Created,
            Updated + other.Updated,
            Unchanged + other.Unchanged,
            StaleOrders.Union(other.StaleOrders).ToHashSet()
        );
}
