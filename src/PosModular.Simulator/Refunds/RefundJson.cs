using System.Text.Json;

namespace PosModular.Simulator.Refunds;

/// <summary>A refund as Square writes it, as in the API specification's examples of PaymentRefund and RefundUpdatedEvent.</summary>
internal static class RefundJson
{
    /// <param name="json">The writer.</param>
    /// <param name="refund">The refund.</param>
    /// <param name="inEvent">Whether it is part of an event; events include the version, responses do not.</param>
    public static void Write(Utf8JsonWriter json, Refund refund, bool inEvent)
    {
        json.WriteStartObject();
        json.WriteString("id", refund.Id);
        json.WriteString(
            "status",
            refund.Status switch
            {
                RefundStatus.Pending => "PENDING",
                RefundStatus.Completed => "COMPLETED",
                RefundStatus.Rejected => "REJECTED",
                _ => "FAILED",
            }
        );
        json.WriteMoney("amount_money", refund.Amount, refund.Currency);
        if (refund.PaymentId is { } payment)
            json.WriteString("payment_id", payment);
        else
            json.WriteBoolean("unlinked", true);
        json.WriteString("order_id", refund.OrderId);
        json.WriteString("created_at", SquareTime.Rfc3339(refund.CreatedAt));
        json.WriteString("updated_at", SquareTime.Rfc3339(refund.UpdatedAt));
        json.WriteString("location_id", refund.LocationId);
        if (refund.Reason is { } reason)
            json.WriteString("reason", reason);
        if (inEvent)
            json.WriteNumber("version", refund.Version);
        json.WriteEndObject();
    }
}
