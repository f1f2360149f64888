using PosModular.Simulator.Orders;
using PosModular.Simulator.Refunds;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Payments;

/// <content>The events that told of changes.</content>
public sealed partial class SquareLedger
{
    private readonly Dictionary<Guid, WebhookEvent> _events = [];
    private readonly List<WebhookEvent> _eventsInOrder = [];

    /// <summary>
    /// Every event in the order of the changes; of one payment if given, its refunds' and its order's included.
    /// <see cref="WebhookEvent.Body"/> is what is sent.
    /// </summary>
    public IReadOnlyList<WebhookEvent> Events(string? paymentId = null)
    {
        lock (_gate)
            return [.. _eventsInOrder.Where(e => paymentId is null || e.Concerns(paymentId))];
    }

    /// <summary>Sends an event again, to those who want it now, as often as asked: the same event_id and the same bytes.</summary>
    public WebhookEvent Replay(Guid eventId, int times = 1)
    {
        lock (_gate)
        {
            var told = _events.TryGetValue(eventId, out var found) ? found : throw new KeyNotFoundException($"No event {eventId}.");
            for (var i = 0; i < times; i++)
                deliveries.Send(told, RecipientsOf(told));
            return told;
        }
    }

    /// <summary>Tells an application that a merchant took back its consent: oauth.authorization.revoked, for which no scope is needed.</summary>
    internal void RecordConsentRevoked(AccessToken token)
    {
        lock (_gate)
            RecordEvent(
                "oauth.authorization.revoked",
                new Revocation(Guid.NewGuid(), token.ApplicationId, token.MerchantId, clock.GetUtcNow()),
                announce: true
            );
    }

    private void RecordEvent(string type, Payment payment, bool announce) => RecordEvent(type, payment.MerchantId, payment, announce);

    private void RecordEvent(string type, Refund refund, bool announce) => RecordEvent(type, refund.MerchantId, refund, announce);

    private void RecordEvent(string type, Order order, bool announce) => RecordEvent(type, order.MerchantId, order, announce);

    private void RecordEvent(string type, Revocation revocation, bool announce) => RecordEvent(type, revocation.MerchantId, revocation, announce);

    /// <summary>Under the lock, so that the events of a payment enter the queue in the order of its changes.</summary>
    private void RecordEvent(string type, string merchantId, object subject, bool announce)
    {
        var told = new WebhookEvent(Guid.NewGuid(), type, merchantId, SquareTime.TruncateToMilliseconds(clock.GetUtcNow()), subject);
        _events.Add(told.EventId, told);
        _eventsInOrder.Add(told);
        if (announce)
            deliveries.Send(told, RecipientsOf(told));
    }

    private IReadOnlySet<string> RecipientsOf(WebhookEvent told) =>
        told.Subject switch
        {
            Revocation revocation => new HashSet<string> { revocation.ApplicationId },
            Order => sellers.AuthorizedApplications(told.MerchantId, "ORDERS_READ"),
            _ => sellers.AuthorizedApplications(told.MerchantId, "PAYMENTS_READ"),
        };
}
