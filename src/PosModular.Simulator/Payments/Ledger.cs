using PosModular.Simulator.Sellers;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Payments;

/// <summary>
/// The till's books: every payment as it stands and every event that told of a change. A change and its event are written
/// together; the event then goes to the applications that may hear of the merchant. Safe for many callers at once.
/// </summary>
public sealed class Ledger(TimeProvider clock, SellerBook sellers, Deliveries deliveries)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Payment> payments = [];
    private readonly Dictionary<string, PaymentShelf> shelves = [];
    private readonly Dictionary<Guid, WebhookEvent> events = [];
    private readonly List<WebhookEvent> eventsInOrder = [];

    /// <summary>Rings up a sale: payment.created.</summary>
    public Payment AddSale(Sale sale)
    {
        var location = sellers.FindLocation(sale.LocationId) ?? throw new KeyNotFoundException($"No location {sale.LocationId}.");
        if (sale.Amount < 0 || sale.Tip < 0) throw new InvalidOperationException("A sale has no negative amount or tip.");

        var at = SquareTime.ToMilliseconds(sale.At ?? clock.GetUtcNow());
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
            Approved = sale.Amount + sale.Tip,
            Card = sale.Cash ? null : sale.Card ?? new Card { Fingerprint = "sq-1-" + SquareId.WordFor(id, 66) },
            CreatedAt = at,
            UpdatedAt = at,
            CapturedAt = completed ? at : null,
            OfflineAt = sale.OfflineAt,
            CustomerId = sale.CustomerId,
        };
        lock (gate)
        {
            if (!payments.TryAdd(payment.Id, payment)) throw new InvalidOperationException($"Payment {payment.Id} exists.");
            ShelfOf(payment).Put(payment);
            Tell("payment.created", payment, sale.Announce);
        }

        return payment;
    }

    /// <summary>APPROVED → COMPLETED.</summary>
    /// <param name="paymentId">Unknown: <see cref="KeyNotFoundException"/>.</param>
    /// <param name="at">updated_at; now when left out.</param>
    /// <param name="announce">False: the event is written down, not sent.</param>
    public Payment Capture(string paymentId, DateTimeOffset? at = null, bool announce = true) =>
        Change(paymentId, at, announce, static (payment, at) => payment.Capture(at));

    /// <summary>Sets the whole tip, in minor units.</summary>
    public Payment LeaveTip(string paymentId, long tip, DateTimeOffset? at = null, bool announce = true) =>
        Change(paymentId, at, announce, (payment, at) => payment.LeaveTip(tip, at));

    /// <summary>Gives back an amount in minor units, or all that is left; the payment stays COMPLETED.</summary>
    public Payment GiveBack(string paymentId, long? amount = null, string? reason = null, DateTimeOffset? at = null, bool announce = true) =>
        Change(paymentId, at, announce, (payment, at) => payment.GiveBack(amount, reason, at));

    /// <summary>APPROVED → CANCELED.</summary>
    public Payment Cancel(string paymentId, DateTimeOffset? at = null, bool announce = true) =>
        Change(paymentId, at, announce, static (payment, at) => payment.Cancel(at));

    /// <summary>Sends an event again, to those who want it now, as often as asked: the same event_id and the same bytes.</summary>
    public WebhookEvent Replay(Guid eventId, int times = 1)
    {
        lock (gate)
        {
            var told = events.TryGetValue(eventId, out var found) ? found : throw new KeyNotFoundException($"No event {eventId}.");
            for (var i = 0; i < times; i++) deliveries.Send(told, sellers.ListenersOf(told.MerchantId));
            return told;
        }
    }

    /// <summary>Null when there is none.</summary>
    public Payment? Find(string paymentId)
    {
        lock (gate) return payments.GetValueOrDefault(paymentId);
    }

    /// <summary>Every payment as it stands, the oldest first; of one location if given.</summary>
    public IReadOnlyList<Payment> Payments(string? locationId = null)
    {
        lock (gate)
            return [.. payments.Values.Where(p => locationId is null || p.LocationId == locationId).OrderBy(p => p.CreatedAt).ThenBy(p => p.Id, StringComparer.Ordinal)];
    }

    /// <summary>Every event in the order of the changes; of one payment if given. <see cref="WebhookEvent.Body"/> is what is sent.</summary>
    public IReadOnlyList<WebhookEvent> Events(string? paymentId = null)
    {
        lock (gate) return [.. eventsInOrder.Where(e => paymentId is null || e.Payment.Id == paymentId)];
    }

    /// <summary>One page by <paramref name="query"/>, and whether there is more.</summary>
    internal (IReadOnlyList<Payment> Page, bool More) List(PaymentQuery query, int size)
    {
        lock (gate)
        {
            var page = new List<Payment>(size);
            foreach (var place in query.Walk(shelves.GetValueOrDefault(query.LocationId)))
            {
                if (!query.Wants(payments[place.Id])) continue;
                if (page.Count == size) return (page, true);
                page.Add(payments[place.Id]);
            }

            return (page, false);
        }
    }

    private Payment Change(string paymentId, DateTimeOffset? at, bool announce, Func<Payment, DateTimeOffset, Payment> change)
    {
        lock (gate)
        {
            var before = payments.TryGetValue(paymentId, out var found) ? found : throw new KeyNotFoundException($"No payment {paymentId}.");
            var after = change(before, SquareTime.ToMilliseconds(at ?? clock.GetUtcNow()));
            ShelfOf(before).Take(before);
            ShelfOf(after).Put(after);
            payments[paymentId] = after;
            Tell("payment.updated", after, announce);
            return after;
        }
    }

    /// <summary>Under the lock, so that the events of a payment enter the queue in the order of its changes.</summary>
    private void Tell(string type, Payment payment, bool announce)
    {
        var told = new WebhookEvent(Guid.NewGuid(), type, payment.MerchantId, SquareTime.ToMilliseconds(clock.GetUtcNow()), payment);
        events.Add(told.EventId, told);
        eventsInOrder.Add(told);
        if (announce) deliveries.Send(told, sellers.ListenersOf(payment.MerchantId));
    }

    private PaymentShelf ShelfOf(Payment payment)
    {
        if (!shelves.TryGetValue(payment.LocationId, out var shelf)) shelves[payment.LocationId] = shelf = new PaymentShelf();
        return shelf;
    }
}
