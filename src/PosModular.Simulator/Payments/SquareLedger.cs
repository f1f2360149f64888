using PosModular.Simulator.Sellers;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Payments;

/// <summary>
/// Square's data: the current state of every payment, order and refund, and the event of every change. A change and its events are
/// stored together; the events are then sent to the applications that may receive the merchant's events. Amounts are in minor
/// units. An unknown id throws <see cref="KeyNotFoundException"/>, an impossible change <see cref="InvalidOperationException"/>. In
/// methods that change something, <c>at</c> becomes updated_at (default: now), and <c>announce: false</c> stores the events without
/// sending them. Thread-safe.
/// </summary>
public sealed partial class SquareLedger(
    TimeProvider clock,
    SellerStore sellers,
    SquareWebhookSender deliveries,
    SimulatorSettings settings
)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Payment> _payments = [];
    private readonly Dictionary<string, ListIndex> _paymentIndexes = [];

    /// <summary>Adds a payment and its order. Events: payment.created, and order.created or order.updated.</summary>
    public Payment AddSale(Sale sale)
    {
        var location = sellers.FindLocation(sale.LocationId) ?? throw new KeyNotFoundException($"No location {sale.LocationId}.");
        if (sale.Amount < 0 || sale.Tip < 0)
            throw new InvalidOperationException("The amount and the tip of a sale must not be negative.");
        var tax = sale.Tax ?? sale.Amount * 7 / 107;
        if (tax < 0 || sale.Discount < 0 || sale.ServiceCharge < 0 || tax + sale.ServiceCharge > sale.Amount + sale.Discount)
            throw new InvalidOperationException(
                "Tax, discount and service charge must not be negative, and tax and service charge together must not exceed "
                    + "amount plus discount."
            );

        var at = SquareTime.TruncateToMilliseconds(sale.At ?? clock.GetUtcNow());
        var completed = sale.Cash || sale.Captured;
        var id = sale.PaymentId ?? SquareId.Payment();
        var payment = new Payment
        {
            Id = id,
            MerchantId = location.MerchantId,
            LocationId = location.Id,
            OrderId = sale.OrderId ?? SquareId.Payment(),
            Currency = location.Currency,
            Status = completed ? PaymentStatus.Completed : PaymentStatus.Approved,
            Amount = sale.Amount,
            Tip = sale.Tip,
            Tax = tax,
            Discount = sale.Discount,
            ServiceCharge = sale.ServiceCharge,
            ApprovedAmount = sale.Amount + sale.Tip,
            Card = sale.Cash ? null : sale.Card ?? new Card { Fingerprint = "sq-1-" + SquareId.OpaqueHash(id, 66) },
            CreatedAt = at,
            UpdatedAt = at,
            CapturedAt = completed ? at : null,
            OfflineAt = sale.OfflineAt is { } offline ? SquareTime.TruncateToMilliseconds(offline) : null,
            CustomerId = sale.CustomerId,
            WrittenAt = clock.GetUtcNow(),
        };
        lock (_gate)
        {
            if (_payments.ContainsKey(payment.Id))
                throw new InvalidOperationException($"Payment {payment.Id} exists.");
            var order = OrderWith(payment);
            _payments.Add(payment.Id, payment);
            IndexOf(payment.LocationId).Add(payment.Id, payment.CreatedAt, payment.UpdatedAt, payment.OfflineAt);
            RecordEvent("payment.created", payment, sale.Announce);
            Save(order, sale.Announce);
        }

        return payment;
    }

    /// <summary>APPROVED → COMPLETED.</summary>
    public Payment Capture(string paymentId, DateTimeOffset? at = null, bool announce = true) =>
        Change(paymentId, at, announce, static (payment, at) => payment.Captured(at));

    /// <summary>Sets the tip, replacing the one before.</summary>
    public Payment SetTip(string paymentId, long tip, DateTimeOffset? at = null, bool announce = true) =>
        Change(paymentId, at, announce, (payment, at) => payment.WithTip(tip, at));

    /// <summary>APPROVED → CANCELED.</summary>
    public Payment Cancel(string paymentId, DateTimeOffset? at = null, bool announce = true) =>
        Change(paymentId, at, announce, static (payment, at) => payment.Canceled(at));

    /// <summary>Null when it does not exist.</summary>
    public Payment? Find(string paymentId)
    {
        lock (_gate)
            return _payments.GetValueOrDefault(paymentId);
    }

    /// <summary>The current state of every payment, or of one location's, oldest first.</summary>
    public IReadOnlyList<Payment> Payments(string? locationId = null)
    {
        lock (_gate)
            return
            [
                .. _payments
                    .Values.Where(p => locationId is null || p.LocationId == locationId)
                    .OrderBy(p => p.CreatedAt)
                    .ThenBy(p => p.Id, StringComparer.Ordinal),
            ];
    }

    /// <summary>One page of payments by <paramref name="query"/>, and whether there are more.</summary>
    internal (IReadOnlyList<Payment> Page, bool More) List(PaymentQuery query, int size)
    {
        lock (_gate)
        {
            return Page(
                query
                    .Window.KeysIn(_paymentIndexes.GetValueOrDefault(query.LocationId))
                    .Select(place => _payments[place.Id])
                    .Where(payment => payment.WrittenAt <= ListedUntil && query.Matches(payment)),
                size
            );
        }
    }

    /// <summary>Anything changed later than this is not listed yet.</summary>
    private DateTimeOffset ListedUntil => settings.ListLag > TimeSpan.Zero ? clock.GetUtcNow() - settings.ListLag : DateTimeOffset.MaxValue;

    private static (IReadOnlyList<T> Page, bool More) Page<T>(IEnumerable<T> found, int size)
    {
        var page = found.Take(size + 1).ToList();
        return page.Count > size ? (page[..size], true) : (page, false);
    }

    private Payment Change(string paymentId, DateTimeOffset? at, bool announce, Func<Payment, DateTimeOffset, Payment> change)
    {
        lock (_gate)
        {
            var before = _payments.TryGetValue(paymentId, out var found)
                ? found
                : throw new KeyNotFoundException($"No payment {paymentId}.");
            var after = change(before, SquareTime.TruncateToMilliseconds(at ?? clock.GetUtcNow())) with { WrittenAt = clock.GetUtcNow() };

            // A refund does not change the order: Square creates a separate order for the return.
            var order = after.Refunds.Length == before.Refunds.Length ? OrderWith(after) : null;
            var shelf = IndexOf(before.LocationId);
            shelf.Remove(before.Id, before.CreatedAt, before.UpdatedAt, before.OfflineAt);
            shelf.Add(after.Id, after.CreatedAt, after.UpdatedAt, after.OfflineAt);
            _payments[paymentId] = after;
            RecordEvent("payment.updated", after, announce);
            if (order is not null)
                Save(order, announce);
            return after;
        }
    }

    private ListIndex IndexOf(string locationId)
    {
        if (!_paymentIndexes.TryGetValue(locationId, out var shelf))
            _paymentIndexes[locationId] = shelf = new ListIndex();
        return shelf;
    }
}
