namespace PosModular.Simulator.Toast;

/// <summary>The news of one change of an order (Toast docs, Orders webhook; samples/toast/webhook.order_updated.json).</summary>
/// <param name="Guid">The receiver's key against duplicates; the same on every delivery.</param>
/// <param name="SentAt">The message's timestamp, which is part of what is signed.</param>
/// <param name="Order">As it stood then.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Restaurant">Where.</param>
public sealed record ToastEvent(Guid Guid, DateTimeOffset SentAt, ToastOrder Order, string Currency, Restaurant Restaurant)
{
    /// <summary>Category and type; new orders and changed ones have the same.</summary>
    public const string Type = "order_updated";

    /// <summary>As printed in the body.</summary>
    public string Timestamp => ToastTime.Timestamp(SentAt);

    /// <summary>The bytes to sign and send; the same each time.</summary>
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
