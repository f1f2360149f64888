using PosModular.Simulator.Payments;
using PosModular.Simulator.Requests;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Control;

/// <summary>
/// <list type="bullet">
/// <item><c>GET /_sim/requests</c>: method, path, query and status of every call; <c>GET /_sim/requests/payment-writes</c>: those
/// that tried to write to <c>/v2/payments</c>; <c>DELETE /_sim/requests</c> deletes all.</item>
/// <item><c>GET /_sim/deliveries</c>: <see cref="DeliveryCounts"/>; <c>GET /_sim/deliveries/failures</c>: the last failed
/// attempts.</item>
/// <item><c>GET /_sim/subscriptions</c>: the subscriptions of all applications, signature keys included.</item>
/// <item><c>GET /_sim/events?paymentId=</c>: all events; <c>POST /_sim/events/{eventId}/replay?times=1</c> sends one again.</item>
/// </list>
/// </summary>
internal static class MonitoringEndpoints
{
    public static void MapMonitoring(this IEndpointRouteBuilder control)
    {
        control.MapGet("requests", (RequestLog log) => new { log.Total, log.Requests });
        control.MapGet("requests/payment-writes", (RequestLog log) => log.PaymentWrites);
        control.MapDelete("requests", (RequestLog log) => log.Clear());
        control.MapGet("deliveries", (SquareWebhookSender deliveries) => deliveries.Counts);
        control.MapGet("deliveries/failures", (SquareWebhookSender deliveries) => deliveries.Failures);
        control.MapGet("subscriptions", (SubscriptionStore book) => book.All);
        control.MapGet("events", (string? paymentId, SquareLedger ledger) => ledger.Events(paymentId).Select(e => new EventSummary(e)));
        control.MapPost("events/{eventId:guid}/replay", (Guid eventId, int? times, SquareLedger ledger) =>
            new EventSummary(ledger.Replay(eventId, times ?? 1))
        );
    }

    /// <summary>One event, without its body.</summary>
    internal sealed record EventSummary(Guid EventId, string Type, string MerchantId, string Id, DateTimeOffset CreatedAt)
    {
        public EventSummary(WebhookEvent webhookEvent)
            : this(webhookEvent.EventId, webhookEvent.Type, webhookEvent.MerchantId, webhookEvent.SubjectId, webhookEvent.CreatedAt) { }
    }
}
