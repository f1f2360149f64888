using System.Buffers;
using System.Text.Json;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Webhooks;

/// <summary>The news of one change of one payment (Square docs, Square Webhooks; API specification, PaymentCreatedEvent).</summary>
/// <param name="EventId">The receiver's key against duplicates; the same on every delivery.</param>
/// <param name="Type">payment.created or payment.updated.</param>
/// <param name="MerchantId">Whose sale it was.</param>
/// <param name="CreatedAt">Of the event, not of the payment.</param>
/// <param name="Payment">As it stood then.</param>
public sealed record WebhookEvent(Guid EventId, string Type, string MerchantId, DateTimeOffset CreatedAt, Payment Payment)
{
    /// <summary>The bytes to sign and send; the same each time.</summary>
    public ReadOnlyMemory<byte> Body()
    {
        var bytes = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(bytes, PaymentJson.Writing))
        {
            json.WriteStartObject();
            json.WriteString("merchant_id", MerchantId);
            json.WriteString("type", Type);
            json.WriteString("event_id", EventId);
            json.WriteString("created_at", SquareTime.Rfc3339(CreatedAt));
            json.WriteStartObject("data");
            json.WriteString("type", "payment");
            json.WriteString("id", Payment.Id);
            json.WriteStartObject("object");
            json.WritePropertyName("payment");
            PaymentJson.Write(json, Payment);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }
}
