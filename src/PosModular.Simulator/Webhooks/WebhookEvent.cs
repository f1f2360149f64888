using System.Text.Json;
using PosModular.Simulator.Orders;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Refunds;

namespace PosModular.Simulator.Webhooks;

/// <summary>The news of one change (Square docs, Square Webhooks; API specification, PaymentCreatedEvent and its like).</summary>
/// <param name="EventId">The receiver's key against duplicates; the same on every delivery.</param>
/// <param name="Type">payment.created, payment.updated, refund.created, refund.updated, order.created, order.updated, oauth.authorization.revoked.</param>
/// <param name="MerchantId">Whose sale it was.</param>
/// <param name="CreatedAt">Of the event, not of the payment.</param>
/// <param name="Subject">A <see cref="Payments.Payment"/>, a <see cref="Refunds.Refund"/>, an <see cref="Orders.Order"/> or a <see cref="Revocation"/>, as it stood then.</param>
public sealed record WebhookEvent(Guid EventId, string Type, string MerchantId, DateTimeOffset CreatedAt, object Subject)
{
    /// <summary>Null unless it is a payment's event.</summary>
    public Payment? Payment => Subject as Payment;

    /// <summary>Null unless it is a refund's event.</summary>
    public Refund? Refund => Subject as Refund;

    /// <summary>Null unless it is an order's event.</summary>
    public Order? Order => Subject as Order;

    /// <summary>data.id.</summary>
    public string SubjectId =>
        Subject switch
        {
            Payment payment => payment.Id,
            Refund refund => refund.Id,
            Order order => order.Id,
            _ => ((Revocation)Subject).Id.ToString(),
        };

    /// <summary>The bytes to sign and send; the same each time.</summary>
    public ReadOnlyMemory<byte> Body() =>
        SquareJson.WriteObject(json =>
        {
            json.WriteString("merchant_id", MerchantId);
            json.WriteString("type", Type);
            json.WriteString("event_id", EventId);
            json.WriteString("created_at", SquareTime.Rfc3339(CreatedAt));
            json.WriteStartObject("data");
            json.WriteString("type", DataType);
            json.WriteString("id", SubjectId);
            json.WriteStartObject("object");
            json.WritePropertyName(DataType);
            WriteSubject(json);
            json.WriteEndObject();
            json.WriteEndObject();
        });

    internal bool Concerns(string paymentId) =>
        Subject switch
        {
            Payment payment => payment.Id == paymentId,
            Refund refund => refund.PaymentId == paymentId,
            Order order => order.Payments.Any(p => p.Id == paymentId),
            _ => false,
        };

    private string DataType =>
        Subject switch
        {
            Payment _ => "payment",
            Refund _ => "refund",
            Order _ => Type.Replace('.', '_'),
            _ => "revocation",
        };

    private void WriteSubject(Utf8JsonWriter json)
    {
        switch (Subject)
        {
            case Payment payment:
                PaymentJson.Write(json, payment);
                break;
            case Refund refund:
                RefundJson.Write(json, refund, inEvent: true);
                break;
            case Order order:
                WriteReference(json, order);
                break;
            case Revocation revocation:
                json.WriteStartObject();
                json.WriteString("revoked_at", SquareTime.Rfc3339(revocation.RevokedAt));
                json.WriteString("revoker_type", "MERCHANT");
                json.WriteEndObject();
                break;
        }
    }

    /// <summary>An order's event does not carry the order.</summary>
    private void WriteReference(Utf8JsonWriter json, Order order)
    {
        json.WriteStartObject();
        json.WriteString("order_id", order.Id);
        json.WriteNumber("version", order.Version);
        json.WriteString("location_id", order.LocationId);
        json.WriteString("state", OrderJson.StateName(order.State));
        json.WriteString("created_at", SquareTime.Rfc3339(order.CreatedAt));
        if (Type == "order.updated")
            json.WriteString("updated_at", SquareTime.Rfc3339(order.UpdatedAt));
        json.WriteEndObject();
    }
}

/// <summary>A merchant's consent to an application, taken back.</summary>
public sealed record Revocation(Guid Id, string ApplicationId, string MerchantId, DateTimeOffset RevokedAt);
