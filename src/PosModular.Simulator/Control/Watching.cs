using PosModular.Simulator.Payments;
using PosModular.Simulator.Requests;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Control;

/// <summary>
/// <list type="bullet">
/// <item><c>GET /_sim/requests</c>: method, path, query and status of every call; <c>GET /_sim/requests/payment-writes</c>: those
/// that tried to write to <c>/v2/payments</c>; <c>DELETE /_sim/requests</c> forgets all.</item>
/// <item><c>GET /_sim/deliveries</c>: <see cref="DeliveryCounts"/>; <c>GET /_sim/deliveries/failures</c>: the last failed ones.</item>
/// <item><c>GET /_sim/subscriptions</c>: of all applications, keys included.</item>
/// <item><c>GET /_sim/events?paymentId=</c>: what was told; <c>POST /_sim/events/{eventId}/replay?times=1</c> sends one again.</item>
/// </list>
/// </summary>
internal static class Watching
{
    public static void MapWatching(this IEndpointRouteBuilder room)
    {
        room.MapGet("requests", (RequestLog log) => new { log.Total, log.Requests });
        room.MapGet("requests/payment-writes", (RequestLog log) => log.PaymentWrites);
        room.MapDelete("requests", (RequestLog log) => log.Clear());
        room.MapGet("deliveries", (Deliveries deliveries) => deliveries.Counts);
        room.MapGet("deliveries/failures", (Deliveries deliveries) => deliveries.Failures);
        room.MapGet("subscriptions", (SubscriptionBook book) => book.All);
        room.MapGet("events", (string? paymentId, Ledger ledger) => ledger.Events(paymentId).Select(e => new EventLine(e)));
        room.MapPost("events/{eventId:guid}/replay", (Guid eventId, int? times, Ledger ledger) =>
            new EventLine(ledger.Replay(eventId, times ?? 1))
        );
    }

    /// <summary>One event, short.</summary>
    internal sealed record EventLine(Guid EventId, string Type, string MerchantId, string Id, DateTimeOffset CreatedAt)
    {
        public EventLine(WebhookEvent told)
            : this(told.EventId, told.Type, told.MerchantId, told.SubjectId, told.CreatedAt) { }
    }
}
