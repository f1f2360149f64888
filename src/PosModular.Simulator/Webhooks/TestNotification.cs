using System.Text;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Webhooks;

/// <summary>
/// The sample that TestWebhookSubscription sends: for payments a payment of 1.00 USD at a location that is nobody's, with nine
/// fraction digits in the envelope's time; for other types an envelope without an object.
/// </summary>
internal static class TestNotification
{
    private static readonly DateTimeOffset PaidAt = new(2020, 11, 22, 21, 16, 51, 86, TimeSpan.Zero);

    public static (string EventId, string Payload) Of(string type, string merchantId, DateTimeOffset now)
    {
        var eventId = Guid.NewGuid();
        var sent = SquareTime.Rfc3339(now);
        if (!type.StartsWith("payment.", StringComparison.Ordinal))
        {
            return (eventId.ToString(), $$$"""{"merchant_id":"{{{merchantId}}}","type":"{{{type}}}","event_id":"{{{eventId}}}","created_at":"{{{sent}}}","data":{"type":"webhooks","id":"{{{Guid.NewGuid()}}}"}}""");
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
            Approved = 100,
            Card = Card.Numbered(0),
            CreatedAt = PaidAt,
            UpdatedAt = PaidAt,
            CapturedAt = captured ? PaidAt : null,
        };
        var body = Encoding.UTF8.GetString(new WebhookEvent(eventId, type, merchantId, now, payment).Body().Span);
        return (eventId.ToString(), body.Replace($"\"created_at\":\"{sent}\"", $"\"created_at\":\"{sent[..^1]}945116Z\"", StringComparison.Ordinal));
    }
}
