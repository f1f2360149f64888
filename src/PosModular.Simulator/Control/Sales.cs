using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Control;

/// <summary>
/// <list type="bullet">
/// <item><c>POST /_sim/sales</c>: an array of <see cref="Sale"/>.</item>
/// <item><c>POST /_sim/sales/history</c> <see cref="History"/>: many past sales at once.</item>
/// <item><c>POST /_sim/payments/{id}/capture | tip | refund | cancel</c> <see cref="PaymentChange"/>.</item>
/// <item><c>GET /_sim/payments?locationId=</c>: every payment as it stands, to reconcile with; <c>GET /_sim/payments/{id}</c>: one.</item>
/// </list>
/// </summary>
internal static class Sales
{
    public static void MapSales(this IEndpointRouteBuilder room)
    {
        room.MapPost("sales", (Sale[] sales, Ledger ledger) => sales.Select(sale => new LedgerLine(ledger.AddSale(sale))).ToList());
        room.MapPost("sales/history", (History history, Ledger ledger) => new { Added = history.RingUp(ledger) });
        room.MapPost("payments/{id}/capture", (string id, PaymentChange? change, Ledger ledger) => new LedgerLine(ledger.Capture(id, change?.At, change?.Announce ?? true)));
        room.MapPost("payments/{id}/tip", (string id, PaymentChange change, Ledger ledger) => new LedgerLine(ledger.LeaveTip(id, change.Amount ?? 0, change.At, change.Announce)));
        room.MapPost("payments/{id}/refund", (string id, PaymentChange? change, Ledger ledger) => new LedgerLine(ledger.GiveBack(id, change?.Amount, change?.Reason, change?.At, change?.Announce ?? true)));
        room.MapPost("payments/{id}/cancel", (string id, PaymentChange? change, Ledger ledger) => new LedgerLine(ledger.Cancel(id, change?.At, change?.Announce ?? true)));
        room.MapGet("payments", (string? locationId, Ledger ledger) => ledger.Payments(locationId).Select(p => new LedgerLine(p)));
        room.MapGet("payments/{id}", (string id, Ledger ledger) => new LedgerLine(ledger.Find(id) ?? throw new KeyNotFoundException($"No payment {id}.")));
    }

    /// <summary>Body of a change; may be left out.</summary>
    /// <param name="Amount">The whole tip, or what to give back (all that is left by default).</param>
    /// <param name="Reason">Of a refund.</param>
    /// <param name="At">updated_at; now by default.</param>
    /// <param name="Announce">False: no webhook; the event can be replayed.</param>
    internal sealed record PaymentChange(long? Amount = null, string? Reason = null, DateTimeOffset? At = null, bool Announce = true);

    /// <summary>The figures of one payment.</summary>
    internal sealed record LedgerLine(string Id, string LocationId, PaymentStatus Status, long Amount, long Tip, long Total, long Refunded, string Currency, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
    {
        public LedgerLine(Payment payment)
            : this(payment.Id, payment.LocationId, payment.Status, payment.Amount, payment.Tip, payment.Total, payment.Refunded, payment.Currency, payment.CreatedAt, payment.UpdatedAt)
        {
        }
    }
}
