using PosModular.Simulator.Orders;
using PosModular.Simulator.Refunds;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Payments;

/// <content>The events of all changes.</content>
public sealed partial class SquareLedger
{
    private readonly Dictionary<Guid, WebhookEvent> _events = [];
    private readonly List<WebhookEvent> _eventsInOrder = [];

    /// <summary>
    /// Every event in the order of the changes, or those of one payment, its refunds and its order.
    /// <see cref="WebhookEvent.Body"/> is the request body sent.
    /// </summary>
    public IReadOnlyList<WebhookEvent> Events(string? paymentId = null)
    {
        lock (_gate)
            return [.. _eventsInOrder.Where(e => paymentId is null || e.Concerns(paymentId))];
    }

    /// <summary>
    /// Sends an event again <paramref name="times"/> times to its current recipients, with the same event_id and the same bytes.
    /// </summary>
    public WebhookEvent Replay(Guid eventId, int times = 1)
    {
        lock (_gate)
        {
            var webhookEvent = _events.TryGetValue(eventId, out var found) ? found : throw new KeyNotFoundException($"No event {eventId}.");
            for (var i = 0; i < times; i++)
                deliveries.Send(webhookEvent, RecipientsOf(webhookEvent));
            return webhookEvent;
        }
    }

    /// <summary>
    /// Notifies an application that a merchant revoked its consent: oauth.authorization.revoked, which needs no scope.
    /// </summary>
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

    private void RecordEvent(string type, Revocation revocation, bool announce) =>
        RecordEvent(type, revocation.MerchantId, revocation, announce);

    /// <summary>Called under the lock, so that the events of a payment are queued in the order of its changes.</summary>
    private void RecordEvent(string type, string merchantId, object subject, bool announce)
    {
        var webhookEvent = new WebhookEvent(
            Guid.NewGuid(),
            type,
            merchantId,
            SquareTime.TruncateToMilliseconds(clock.GetUtcNow()),
            subject
        );
        _events.Add(webhookEvent.EventId, webhookEvent);
        _eventsInOrder.Add(webhookEvent);
        if (announce)
            deliveries.Send(webhookEvent, RecipientsOf(webhookEvent));
    }

    private IReadOnlySet<string> RecipientsOf(WebhookEvent webhookEvent) =>
        webhookEvent.Subject switch
        {
            Revocation revocation => new HashSet<string> { revocation.ApplicationId },
            Order => sellers.AuthorizedApplications(webhookEvent.MerchantId, "ORDERS_READ"),
            _ => sellers.AuthorizedApplications(webhookEvent.MerchantId, "PAYMENTS_READ"),
        };
}
