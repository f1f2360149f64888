using PosModular.Simulator.Orders;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Control;

/// <summary>
/// <list type="bullet">
/// <item><c>POST /_sim/sales</c>: an array of <see cref="Sale"/>.</item>
/// <item><c>POST /_sim/sales/history</c> <see cref="SalesHistory"/>: generates past sales.</item>
/// <item><c>POST /_sim/payments/{id}/capture | tip | refund | cancel</c> <see cref="PaymentChange"/>.</item>
/// <item><c>POST /_sim/payments/{id}/refunds</c> <see cref="PaymentChange"/>: creates a PENDING refund;
/// <c>POST /_sim/refunds/{id}/complete | reject | fail</c> finishes it; <c>POST /_sim/refunds/unlinked</c>
/// <see cref="UnlinkedRefund"/> creates one without a payment; <c>GET /_sim/refunds?locationId=</c> lists all.</item>
/// <item><c>POST /_sim/orders/{id}/edit</c> <see cref="OrderEdit"/>; <c>POST /_sim/orders/{id}/hide | show</c>: makes it unreadable or
/// readable again; <c>GET /_sim/orders/{id}</c>.</item>
/// <item><c>GET /_sim/payments?locationId=</c>: the current state of every payment, to reconcile with; <c>GET /_sim/payments/{id}</c>:
/// one.</item>
/// </list>
/// </summary>
internal static class SaleEndpoints
{
    public static void MapSales(this IEndpointRouteBuilder control)
    {
        control.MapPost("sales", (Sale[] sales, SquareLedger ledger) =>
            sales.Select(sale => new PaymentSummary(ledger.AddSale(sale))).ToList()
        );
        control.MapPost("sales/history", (SalesHistory history, SquareLedger ledger) => new { Added = history.AddTo(ledger) });
        control.MapPost("payments/{id}/capture", (string id, PaymentChange? change, SquareLedger ledger) =>
            new PaymentSummary(ledger.Capture(id, change?.At, change?.Announce ?? true))
        );
        control.MapPost("payments/{id}/tip", (string id, PaymentChange change, SquareLedger ledger) =>
            new PaymentSummary(ledger.SetTip(id, change.Amount ?? 0, change.At, change.Announce))
        );
        control.MapPost("payments/{id}/refund", (string id, PaymentChange? change, SquareLedger ledger) =>
            new PaymentSummary(ledger.RefundPayment(id, change?.Amount, change?.Reason, change?.At, change?.Announce ?? true))
        );
        control.MapPost("payments/{id}/cancel", (string id, PaymentChange? change, SquareLedger ledger) =>
            new PaymentSummary(ledger.Cancel(id, change?.At, change?.Announce ?? true))
        );
        control.MapPost("payments/{id}/refunds", (string id, PaymentChange? change, SquareLedger ledger) =>
            ledger.BeginRefund(id, change?.Amount, change?.Reason, change?.At, change?.Announce ?? true)
        );
        control.MapPost("refunds/unlinked", (UnlinkedRefund refund, SquareLedger ledger) =>
            ledger.BeginUnlinkedRefund(refund.LocationId, refund.Amount, refund.Reason, refund.At, refund.Announce)
        );
        control.MapPost("refunds/{id}/complete", (string id, PaymentChange? change, SquareLedger ledger) =>
            ledger.CompleteRefund(id, change?.At, change?.Announce ?? true)
        );
        control.MapPost("refunds/{id}/reject", (string id, PaymentChange? change, SquareLedger ledger) =>
            ledger.RejectRefund(id, change?.At, change?.Announce ?? true)
        );
        control.MapPost("refunds/{id}/fail", (string id, PaymentChange? change, SquareLedger ledger) =>
            ledger.FailRefund(id, change?.At, change?.Announce ?? true)
        );
        control.MapGet("refunds", (string? locationId, SquareLedger ledger) => ledger.Refunds(locationId));
        control.MapPost("orders/{id}/edit", (string id, OrderEdit edit, SquareLedger ledger) =>
            new OrderSummary(ledger.EditOrder(id, edit))
        );
        control.MapPost("orders/{id}/hide", (string id, SquareLedger ledger) => ledger.HideOrder(id));
        control.MapPost("orders/{id}/show", (string id, SquareLedger ledger) => ledger.ShowOrder(id));
        control.MapGet("orders/{id}", (string id, SquareLedger ledger) =>
            new OrderSummary(ledger.FindOrder(id) ?? throw new KeyNotFoundException($"No order {id}."))
        );
        control.MapGet("payments", (string? locationId, SquareLedger ledger) =>
            ledger.Payments(locationId).Select(p => new PaymentSummary(p))
        );
        control.MapGet("payments/{id}", (string id, SquareLedger ledger) =>
            new PaymentSummary(ledger.Find(id) ?? throw new KeyNotFoundException($"No payment {id}."))
        );
    }

    /// <summary>Body of a change; optional.</summary>
    /// <param name="Amount">The new tip, or the amount to refund (default: everything not yet refunded).</param>
    /// <param name="Reason">The refund's reason.</param>
    /// <param name="At">The new updated_at; default: now.</param>
    /// <param name="Announce">Whether webhooks are sent; if not, the event can be replayed.</param>
    internal sealed record PaymentChange(long? Amount = null, string? Reason = null, DateTimeOffset? At = null, bool Announce = true);

    /// <summary>A refund to create without a payment.</summary>
    internal sealed record UnlinkedRefund(
        string LocationId,
        long Amount,
        string? Reason = null,
        DateTimeOffset? At = null,
        bool Announce = true
    );

    /// <summary>The amounts of one order.</summary>
    internal sealed record OrderSummary(
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
        public OrderSummary(Order order)
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

    /// <summary>The amounts of one payment.</summary>
    internal sealed record PaymentSummary(
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
        public PaymentSummary(Payment payment)
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
