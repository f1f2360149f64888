using System.Text;
using System.Text.Json.Nodes;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Webhooks;

/// <summary>
/// The sample that TestWebhookSubscription sends. For payments it is a payment of 1.00 USD at a location that does not exist, with
/// nine fraction digits in created_at; for orders the documented sample; for other types an envelope without an object.
/// </summary>
internal static class TestNotification
{
    private static readonly DateTimeOffset PaidAt = new(2020, 11, 22, 21, 16, 51, 86, TimeSpan.Zero);

    public static (string EventId, string Payload) Create(string type, string merchantId, DateTimeOffset now)
    {
        var eventId = Guid.NewGuid();
        var sent = SquareTime.Rfc3339(now);
        if (type is "order.created" or "order.updated")
            return (eventId.ToString(), Order(type, merchantId, eventId, sent).ToJsonString());
        if (!type.StartsWith("payment.", StringComparison.Ordinal))
        {
            var envelope = new JsonObject
            {
                ["merchant_id"] = merchantId,
                ["type"] = type,
                ["event_id"] = eventId,
                ["created_at"] = sent,
                ["data"] = new JsonObject { ["type"] = "webhooks", ["id"] = Guid.NewGuid() },
            };
            return (eventId.ToString(), envelope.ToJsonString());
        }

        var captured = type == "payment.updated";
        var payment = new Payment
        {
            Id = "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
            MerchantId = merchantId,
            LocationId = "S8GWD5R9QB376",
            OrderId = "03O3USaPaAaFnI6kkwB1JxGgBsUZY",
            Currency = "USD",
            Status = captured ? PaymentStatus.Completed : PaymentStatus.Approved,
            Amount = 100,
            Tip = 0,
            ApprovedAmount = 100,
            Card = Card.Numbered(0),
            CreatedAt = PaidAt,
            UpdatedAt = PaidAt,
            CapturedAt = captured ? PaidAt : null,
        };
        var body = Encoding.UTF8.GetString(new WebhookEvent(eventId, type, merchantId, now, payment).Body().Span);
        return (
            eventId.ToString(),
            body.Replace($"\"created_at\":\"{sent}\"", $"\"created_at\":\"{sent[..^1]}945116Z\"", StringComparison.Ordinal)
        );
    }

    private static JsonObject Order(string type, string merchantId, Guid eventId, string sent)
    {
        var (id, name) = ("eA3vssLHKJrv9H0IdJCM3gNqfdcZY", type.Replace('.', '_'));
        var order = new JsonObject
        {
            ["created_at"] = SquareTime.Rfc3339(PaidAt),
            ["location_id"] = "FPYCBCHYMXFK1",
            ["order_id"] = id,
            ["state"] = "OPEN",
            ["version"] = 1,
        };
        if (type == "order.updated")
            order["updated_at"] = SquareTime.Rfc3339(PaidAt);
        return new JsonObject
        {
            ["merchant_id"] = merchantId,
            ["type"] = type,
            ["event_id"] = eventId,
            ["created_at"] = sent,
            ["data"] = new JsonObject
            {
                ["type"] = name,
                ["id"] = id,
                ["object"] = new JsonObject { [name] = order },
            },
        };
    }
}
