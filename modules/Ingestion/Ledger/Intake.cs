using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts;

namespace Ingestion.Ledger;

/// <summary>Something to be taken in: what a till tells at once (an event, a page of a sync, fetched orders) and, where there is one, the raw
/// event that told it.</summary>
internal sealed record Intake
{
    /// <summary>Empty for a signed event of an unknown till.</summary>
    public required string VenueId { get; init; }

    /// <summary>Null for what was fetched. With one, nothing of this counts unless the event is new.</summary>
    public WebhookEventRow? Event { get; init; }

    public IReadOnlyList<Sighting> Payments { get; init; } = [];
    public IReadOnlyList<RefundSighting> Refunds { get; init; } = [];
    public IReadOnlyList<OrderSighting> Orders { get; init; } = [];

    /// <summary>Orders that have changed and must be fetched to be known.</summary>
    public IReadOnlyList<OrderWanted> ChangedOrders { get; init; } = [];

    /// <summary>Hashes are computed here, not by the one writer of the host.</summary>
    /// <param name="till">Whose facts they are.</param>
    /// <param name="facts">What it tells.</param>
    /// <param name="cause">For the history.</param>
    /// <param name="causeId">The event or run; an order's own id when it is null.</param>
    /// <param name="raw">The event that told it.</param>
    public static Intake Of(Till till, PosFacts facts, Cause cause, string? causeId, WebhookEventRow? raw = null)
    {
        Sighting[] payments = [.. facts.Payments.Select(p => Sighting.Of(till, p, cause, causeId))];
        if (facts is { Refunds.Count: 0, Orders.Count: 0, ChangedOrders.Count: 0 })
            return new Intake
            {
                VenueId = till.VenueId,
                Event = raw,
                Payments = payments,
            };
        if (raw is null && facts.Orders.Select(o => o.ExternalId).ToHashSet() is { Count: > 0 } orders)
            payments = [.. payments.Select(p => p with { WithOrder = p.Payment.OrderId is { } order && orders.Contains(order) })];
        // A refund of no known payment is a row of its own beside the sales.
        var unlinked = facts.Refunds.Where(r => r.PaymentId is null).Select(r => Sighting.OfUnlinked(till, r, cause, causeId));
        return new Intake
        {
            VenueId = till.VenueId,
            Event = raw,
            Payments = [.. payments, .. unlinked],
            Refunds = [.. facts.Refunds.Select(r => RefundSighting.Of(till, r, cause, causeId))],
            Orders =
            [
                .. facts.Orders.Select(o => new OrderSighting(
                    new OrderKey(till.VenueId, till.Provider, o.ExternalId),
                    o,
                    cause,
                    causeId ?? o.ExternalId
                )),
            ],
            ChangedOrders =
            [
                .. facts.ChangedOrders.Select(id => new OrderWanted(new OrderKey(till.VenueId, till.Provider, id), till.ConnectionId)),
            ],
        };
    }

    /// <summary>What it is about, for telling; the first thing in it.</summary>
    public string Name =>
        Payments is [var payment, ..] ? payment.Key.ExternalId
        : Refunds is [var refund, ..] ? refund.Key.ExternalId
        : Orders is [var order, ..] ? order.Key.OrderId
        : Event?.EventId ?? "(nothing)";

    /// <summary>An event that tells nothing which counts: ignored, or of no use.</summary>
    public static Intake Bare(WebhookEventRow raw) => new() { VenueId = raw.VenueId, Event = raw };

    /// <summary>One for each thing in it, to find the one that breaks the save. The raw event, if any, is not in them.</summary>
    public IReadOnlyList<Intake> Apart() =>
        [
            .. Payments.Where(p => !p.RefundOnly).Select(p => new Intake { VenueId = VenueId, Payments = [p] }),
            .. Refunds.Select(r => new Intake
            {
                VenueId = VenueId,
                Refunds = [r],
                Payments = [.. Payments.Where(p => p.RefundOnly && p.Key.ExternalId == r.Key.ExternalId)],
            }),
            .. Orders.Select(o => new Intake { VenueId = VenueId, Orders = [o] }),
            .. ChangedOrders.Select(o => new Intake { VenueId = VenueId, ChangedOrders = [o] }),
        ];
}

/// <summary>Which order it is.</summary>
internal readonly record struct OrderKey(string VenueId, Provider Provider, string OrderId);

/// <summary>An order as somebody has just seen it.</summary>
internal sealed record OrderSighting(OrderKey Key, PosOrder Order, Cause Cause, string? CauseId);

/// <summary>An order that is to be fetched, and by which connection.</summary>
internal readonly record struct OrderWanted(OrderKey Key, Guid ConnectionId);

/// <summary>What a commit came to. Payments and refunds are counted once each, however often they were told.</summary>
/// <param name="Created">Not known before.</param>
/// <param name="Updated">Known before in an older state.</param>
/// <param name="Unchanged">Known before in this state or a newer one.</param>
/// <param name="StaleOrders">Orders that were told in an older state than is known here: they must be fetched again.</param>
internal sealed record Written(int Created, int Updated, int Unchanged, IReadOnlySet<OrderKey> StaleOrders)
{
    public static Written Nothing { get; } = new(0, 0, 0, new HashSet<OrderKey>());
}
