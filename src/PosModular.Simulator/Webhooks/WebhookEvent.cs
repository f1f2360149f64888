using System.Text.Json;
using PosModular.Simulator.Orders;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Refunds;

namespace PosModular.Simulator.Webhooks;

/// <summary>A webhook event about one change (Square docs, Square Webhooks; API specification, PaymentCreatedEvent and others).</summary>
/// <param name="EventId">Identifies the event to the receiver; the same on every delivery.</param>
/// <param name="Type">
/// payment.created, payment.updated, refund.created, refund.updated, order.created, order.updated or oauth.authorization.revoked.
/// </param>
/// <param name="MerchantId">The merchant concerned.</param>
/// <param name="CreatedAt">When the event was created, which is not the payment's time.</param>
/// <param name="Subject">
/// The state at that time: a <see cref="Payments.Payment"/>, a <see cref="Refunds.Refund"/>, an <see cref="Orders.Order"/> or a
/// <see cref="Revocation"/>.
/// </param>
public sealed record WebhookEvent(Guid EventId, string Type, string MerchantId, DateTimeOffset CreatedAt, object Subject)
{
    /// <summary>Null unless it is a payment's event.</summary>
    public Payment? Payment => Subject as Payment;

    /// <summary>Null unless it is a refund's event.</summary>
    public Refund? Refund => Subject as Refund;

    /// <summary>Null unless it is an order's event.</summary>
    public Order? Order => Subject as Order;

    /// <summary>The event's data.id.</summary>
    public string SubjectId =>
        Subject switch
        {
            Payment payment => payment.Id,
            Refund refund => refund.Id,
            Order order => order.Id,
            _ => ((Revocation)Subject).Id.ToString(),
        };

    /// <summary>The request body to sign and send; the same bytes each time.</summary>
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

    /// <summary>An order's event carries only a reference to the order.</summary>
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

/// <summary>A merchant's revocation of its consent to an application.</summary>
public sealed record Revocation(Guid Id, string ApplicationId, string MerchantId, DateTimeOffset RevokedAt);
