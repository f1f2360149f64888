using PosModular.Simulator.Refunds;

namespace PosModular.Simulator.Payments;

/// <content>Refunds.</content>
public sealed partial class SquareLedger
{
    private readonly Dictionary<string, Refund> _refunds = [];
    private readonly Dictionary<string, ListIndex> _refundIndexes = [];
    private readonly Dictionary<string, long> _pendingRefundAmounts = [];

    /// <summary>
    /// Refunds an amount, or by default everything not yet refunded; the payment stays COMPLETED. Events: refund.created (PENDING),
    /// refund.updated (COMPLETED) and payment.updated.
    /// </summary>
    public Payment RefundPayment(
        string paymentId,
        long? amount = null,
        string? reason = null,
        DateTimeOffset? at = null,
        bool announce = true
    )
    {
        lock (_gate)
        {
            CompleteRefund(BeginRefund(paymentId, amount, reason, at, announce).Id, at, announce);
            return _payments[paymentId];
        }
    }

    /// <summary>Creates a PENDING refund. Event: refund.created. The payment does not change until the refund is completed.</summary>
    public Refund BeginRefund(string paymentId, long? amount = null, string? reason = null, DateTimeOffset? at = null, bool announce = true)
    {
        lock (_gate)
        {
            var payment = _payments.TryGetValue(paymentId, out var found)
                ? found
                : throw new KeyNotFoundException($"No payment {paymentId}.");
            var left = payment.Total - payment.Refunded - _pendingRefundAmounts.GetValueOrDefault(paymentId);
            var part = amount ?? left;
            payment.EnsureAllowed(payment.Status is PaymentStatus.Completed && part > 0 && part <= left, "refund");
            _pendingRefundAmounts[paymentId] = _pendingRefundAmounts.GetValueOrDefault(paymentId) + part;
            return Begin(
                new Refund
                {
                    Id = SquareId.Refund(paymentId),
                    MerchantId = payment.MerchantId,
                    LocationId = payment.LocationId,
                    PaymentId = paymentId,
                    OrderId = SquareId.Payment(),
                    Amount = part,
                    Currency = payment.Currency,
                    Status = RefundStatus.Pending,
                    Reason = reason,
                    SourceType = payment.Card is null ? "CASH" : "CARD",
                    CreatedAt = SquareTime.TruncateToMilliseconds(at ?? clock.GetUtcNow()),
                    UpdatedAt = SquareTime.TruncateToMilliseconds(at ?? clock.GetUtcNow()),
                },
                announce
            );
        }
    }

    /// <summary>Creates a PENDING refund that belongs to no payment (<c>unlinked: true</c>). Event: refund.created.</summary>
    public Refund BeginUnlinkedRefund(
        string locationId,
        long amount,
        string? reason = null,
        DateTimeOffset? at = null,
        bool announce = true
    )
    {
        var location = sellers.FindLocation(locationId) ?? throw new KeyNotFoundException($"No location {locationId}.");
        if (amount <= 0)
            throw new InvalidOperationException("The amount of a refund must be positive.");
        lock (_gate)
        {
            return Begin(
                new Refund
                {
                    Id = SquareId.Payment(),
                    MerchantId = location.MerchantId,
                    LocationId = location.Id,
                    PaymentId = null,
                    OrderId = SquareId.Payment(),
                    Amount = amount,
                    Currency = location.Currency,
                    Status = RefundStatus.Pending,
                    Reason = reason,
                    SourceType = "CARD",
                    CreatedAt = SquareTime.TruncateToMilliseconds(at ?? clock.GetUtcNow()),
                    UpdatedAt = SquareTime.TruncateToMilliseconds(at ?? clock.GetUtcNow()),
                },
                announce
            );
        }
    }

    /// <summary>PENDING → COMPLETED. Events: refund.updated and, if it has a payment, payment.updated.</summary>
    public Refund CompleteRefund(string refundId, DateTimeOffset? at = null, bool announce = true) =>
        End(refundId, RefundStatus.Completed, at, announce);

    /// <summary>PENDING → REJECTED. Event: refund.updated.</summary>
    public Refund RejectRefund(string refundId, DateTimeOffset? at = null, bool announce = true) =>
        End(refundId, RefundStatus.Rejected, at, announce);

    /// <summary>PENDING → FAILED. Event: refund.updated.</summary>
    public Refund FailRefund(string refundId, DateTimeOffset? at = null, bool announce = true) =>
        End(refundId, RefundStatus.Failed, at, announce);

    /// <summary>Null when it does not exist.</summary>
    public Refund? FindRefund(string refundId)
    {
        lock (_gate)
            return _refunds.GetValueOrDefault(refundId);
    }

    /// <summary>The current state of every refund, or of one location's, oldest first.</summary>
    public IReadOnlyList<Refund> Refunds(string? locationId = null)
    {
        lock (_gate)
            return
            [
                .. _refunds
                    .Values.Where(r => locationId is null || r.LocationId == locationId)
                    .OrderBy(r => r.CreatedAt)
                    .ThenBy(r => r.Id, StringComparer.Ordinal),
            ];
    }

    internal (IReadOnlyList<Refund> Page, bool More) List(RefundQuery query, int size)
    {
        lock (_gate)
        {
            return Page(
                query
                    .Window.KeysIn(_refundIndexes.GetValueOrDefault(query.ScopeId))
                    .Select(place => _refunds[place.Id])
                    .Where(refund => refund.WrittenAt <= ListedUntil && query.Matches(refund)),
                size
            );
        }
    }

    private Refund Begin(Refund refund, bool announce)
    {
        Save(null, refund = refund with { WrittenAt = clock.GetUtcNow() });
        RecordEvent("refund.created", refund, announce);
        return refund;
    }

    private Refund End(string refundId, RefundStatus status, DateTimeOffset? at, bool announce)
    {
        lock (_gate)
        {
            var before = _refunds.TryGetValue(refundId, out var found) ? found : throw new KeyNotFoundException($"No refund {refundId}.");
            var after = before.WithFinalStatus(status, SquareTime.TruncateToMilliseconds(at ?? clock.GetUtcNow())) with
            {
                WrittenAt = clock.GetUtcNow(),
            };
            Save(before, after);
            RecordEvent("refund.updated", after, announce);
            if (after.PaymentId is not { } paymentId)
                return after;
            _pendingRefundAmounts[paymentId] -= after.Amount;
            if (status is RefundStatus.Completed)
                Change(paymentId, at, announce, (payment, at) => payment.WithRefund(after, at));
            return after;
        }
    }

    private void Save(Refund? before, Refund after)
    {
        _refunds[after.Id] = after;
        foreach (var place in (string[])[after.MerchantId, after.LocationId])
        {
            if (!_refundIndexes.TryGetValue(place, out var shelf))
                _refundIndexes[place] = shelf = new ListIndex();
            if (before is not null)
                shelf.Remove(before.Id, before.CreatedAt, before.UpdatedAt);
            shelf.Add(after.Id, after.CreatedAt, after.UpdatedAt);
        }
    }
}
