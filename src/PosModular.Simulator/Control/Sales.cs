using PosModular.Simulator.Orders;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Control;

/// <summary>
/// <list type="bullet">
/// <item><c>POST /_sim/sales</c>: an array of <see cref="Sale"/>.</item>
/// <item><c>POST /_sim/sales/history</c> <see cref="History"/>: many past sales at once.</item>
/// <item><c>POST /_sim/payments/{id}/capture | tip | refund | cancel</c> <see cref="PaymentChange"/>.</item>
/// <item><c>POST /_sim/payments/{id}/refunds</c> <see cref="PaymentChange"/>: a refund that stays PENDING;
/// <c>POST /_sim/refunds/{id}/complete | reject | fail</c> ends it; <c>POST /_sim/refunds/unlinked</c>
/// <see cref="UnlinkedRefund"/> begins one without a payment; <c>GET /_sim/refunds?locationId=</c>: all.</item>
/// <item><c>POST /_sim/orders/{id}/edit</c> <see cref="OrderEdit"/>; <c>POST /_sim/orders/{id}/hide | show</c>: not readable yet,
/// readable; <c>GET /_sim/orders/{id}</c>.</item>
/// <item><c>GET /_sim/payments?locationId=</c>: every payment as it stands, to reconcile with; <c>GET /_sim/payments/{id}</c>: one.</item>
/// </list>
/// </summary>
internal static class Sales
{
    public static void MapSales(this IEndpointRouteBuilder room)
    {
        room.MapPost("sales", (Sale[] sales, Ledger ledger) => sales.Select(sale => new LedgerLine(ledger.AddSale(sale))).ToList());
        room.MapPost("sales/history", (History history, Ledger ledger) => new { Added = history.RingUp(ledger) });
        room.MapPost("payments/{id}/capture", (string id, PaymentChange? change, Ledger ledger) =>
            new LedgerLine(ledger.Capture(id, change?.At, change?.Announce ?? true))
        );
        room.MapPost("payments/{id}/tip", (string id, PaymentChange change, Ledger ledger) =>
            new LedgerLine(ledger.LeaveTip(id, change.Amount ?? 0, change.At, change.Announce))
        );
        room.MapPost("payments/{id}/refund", (string id, PaymentChange? change, Ledger ledger) =>
            new LedgerLine(ledger.GiveBack(id, change?.Amount, change?.Reason, change?.At, change?.Announce ?? true))
        );
        room.MapPost("payments/{id}/cancel", (string id, PaymentChange? change, Ledger ledger) =>
            new LedgerLine(ledger.Cancel(id, change?.At, change?.Announce ?? true))
        );
        room.MapPost("payments/{id}/refunds", (string id, PaymentChange? change, Ledger ledger) =>
            ledger.BeginRefund(id, change?.Amount, change?.Reason, change?.At, change?.Announce ?? true)
        );
        room.MapPost("refunds/unlinked", (UnlinkedRefund refund, Ledger ledger) =>
            ledger.BeginUnlinkedRefund(refund.LocationId, refund.Amount, refund.Reason, refund.At, refund.Announce)
        );
        room.MapPost("refunds/{id}/complete", (string id, PaymentChange? change, Ledger ledger) =>
            ledger.CompleteRefund(id, change?.At, change?.Announce ?? true)
        );
        room.MapPost("refunds/{id}/reject", (string id, PaymentChange? change, Ledger ledger) =>
            ledger.RejectRefund(id, change?.At, change?.Announce ?? true)
        );
        room.MapPost("refunds/{id}/fail", (string id, PaymentChange? change, Ledger ledger) =>
            ledger.FailRefund(id, change?.At, change?.Announce ?? true)
        );
        room.MapGet("refunds", (string? locationId, Ledger ledger) => ledger.Refunds(locationId));
        room.MapPost("orders/{id}/edit", (string id, OrderEdit edit, Ledger ledger) => new OrderLine(ledger.EditOrder(id, edit)));
        room.MapPost("orders/{id}/hide", (string id, Ledger ledger) => ledger.HideOrder(id));
        room.MapPost("orders/{id}/show", (string id, Ledger ledger) => ledger.ShowOrder(id));
        room.MapGet("orders/{id}", (string id, Ledger ledger) =>
            new OrderLine(ledger.FindOrder(id) ?? throw new KeyNotFoundException($"No order {id}."))
        );
        room.MapGet("payments", (string? locationId, Ledger ledger) => ledger.Payments(locationId).Select(p => new LedgerLine(p)));
        room.MapGet("payments/{id}", (string id, Ledger ledger) =>
            new LedgerLine(ledger.Find(id) ?? throw new KeyNotFoundException($"No payment {id}."))
        );
    }

    /// <summary>Body of a change; may be left out.</summary>
    /// <param name="Amount">The whole tip, or what to give back (all that is left by default).</param>
    /// <param name="Reason">Of a refund.</param>
    /// <param name="At">updated_at; now by default.</param>
    /// <param name="Announce">False: no webhook; the event can be replayed.</param>
    internal sealed record PaymentChange(long? Amount = null, string? Reason = null, DateTimeOffset? At = null, bool Announce = true);

    /// <summary>A refund without a payment.</summary>
    internal sealed record UnlinkedRefund(
        string LocationId,
        long Amount,
        string? Reason = null,
        DateTimeOffset? At = null,
        bool Announce = true
    );

    /// <summary>The figures of one order.</summary>
    internal sealed record OrderLine(
        string Id,
        string LocationId,
        OrderState State,
        int Version,
        long Subtotal,
        long Tax,
        long Discount,
        long ServiceCharge,
        long Tip,
        long Total,
        string Currency,
        IReadOnlyList<string> PaymentIds
    )
    {
        public OrderLine(Order order)
            : this(
                order.Id,
                order.LocationId,
                order.State,
                order.Version,
                order.Subtotal,
                order.Tax,
                order.Discount,
                order.ServiceCharge,
                order.Tip,
                order.Total,
                order.Currency,
                [.. order.Payments.Select(p => p.Id)]
            ) { }
    }

    /// <summary>The figures of one payment.</summary>
    internal sealed record LedgerLine(
        string Id,
        string LocationId,
        PaymentStatus Status,
        long Amount,
        long Tip,
        long Total,
        long Refunded,
        string Currency,
        DateTimeOffset CreatedAt,
        DateTimeOffset UpdatedAt
    )
    {
        public LedgerLine(Payment payment)
            : this(
                payment.Id,
                payment.LocationId,
                payment.Status,
                payment.Amount,
                payment.Tip,
                payment.Total,
                payment.Refunded,
                payment.Currency,
                payment.CreatedAt,
                payment.UpdatedAt
            ) { }
    }
}
