namespace PosModular.Simulator.Toast;

/// <summary>
/// A webhook event about one change of an order (Toast docs, Orders webhook; samples/toast/webhook.order_updated.json).
/// </summary>
/// <param name="Guid">Identifies the event to the receiver; the same on every delivery.</param>
/// <param name="SentAt">The event's timestamp, which the signature covers.</param>
/// <param name="Order">The order's state at that time.</param>
/// <param name="Currency">ISO 4217 currency.</param>
/// <param name="Restaurant">The restaurant.</param>
public sealed record ToastEvent(Guid Guid, DateTimeOffset SentAt, ToastOrder Order, string Currency, Restaurant Restaurant)
{
    /// <summary>Category and type, the same for new and changed orders.</summary>
    public const string Type = "order_updated";

    /// <summary>As printed in the body.</summary>
    public string Timestamp => ToastTime.Timestamp(SentAt);

    /// <summary>The request body to sign and send; the same bytes each time.</summary>
    public ReadOnlyMemory<byte> Body() =>
        ToastJson.Bytes(json =>
        {
            json.WriteStartObject();
            json.WriteString("timestamp", Timestamp);
            json.WriteString("eventCategory", Type);
            json.WriteString("eventType", Type);
            json.WriteString("guid", Guid);
            json.WriteStartObject("details");
            json.WriteString("restaurantGuid", Restaurant.Guid);
            json.WritePropertyName("order");
            new ToastOrderJson(json, Order, Restaurant, OrderAudience.Webhook).Write();
            json.WriteEndObject();
            json.WriteEndObject();
        });
}
