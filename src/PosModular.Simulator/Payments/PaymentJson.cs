using System.Text.Json;

namespace PosModular.Simulator.Payments;

/// <summary>
/// A payment as Square writes it, field by field as in the API specification's examples of Payment and PaymentUpdatedEvent.
/// The same version always gives the same bytes.
/// </summary>
internal static class PaymentJson
{
    public static void Write(Utf8JsonWriter json, Payment payment)
    {
        json.WriteStartObject();
        json.WriteString("id", payment.Id);
        json.WriteString("created_at", SquareTime.Rfc3339(payment.CreatedAt));
        json.WriteString("updated_at", SquareTime.Rfc3339(payment.UpdatedAt));
        json.WriteMoney("amount_money", payment.Amount, payment.Currency);
        if (payment.Tip > 0)
            json.WriteMoney("tip_money", payment.Tip, payment.Currency);
        json.WriteMoney("total_money", payment.Total, payment.Currency);
        json.WriteMoney("approved_money", payment.ApprovedAmount, payment.Currency);
        json.WriteString(
            "status",
            payment.Status switch
            {
                PaymentStatus.Approved => "APPROVED",
                PaymentStatus.Completed => "COMPLETED",
                _ => "CANCELED",
            }
        );
        if (payment.Card is { } card)
            WriteCard(json, payment, card);
        else
            WriteCash(json, payment);
        json.WriteString("location_id", payment.LocationId);
        json.WriteString("order_id", payment.OrderId);
        if (payment.CustomerId is { } customer)
            json.WriteString("customer_id", customer);
        WriteRefunds(json, payment);
        if (payment.OfflineAt is { } offline)
        {
            json.WriteStartObject("offline_payment_details");
            json.WriteString("client_created_at", SquareTime.Rfc3339(offline));
            json.WriteEndObject();
        }

        json.WriteStartObject("application_details");
        json.WriteString("square_product", "SQUARE_POS");
        json.WriteString("application_id", "sq0ids-Pw67AZAlLVB7hsRmwlJPuA");
        json.WriteEndObject();
        json.WriteString("receipt_number", payment.Id.AsSpan(0, Math.Min(4, payment.Id.Length)));
        if (payment.Status is PaymentStatus.Completed)
            json.WriteString("receipt_url", $"https://squareup.com/receipt/preview/{payment.Id}");
        json.WriteString("version_token", SquareId.OpaqueHash(FormattableString.Invariant($"{payment.Id} {payment.Version}"), 43) + "6o");
        json.WriteEndObject();
    }

    private static void WriteCard(Utf8JsonWriter json, Payment payment, Card card)
    {
        json.WriteString("source_type", "CARD");
        json.WriteStartObject("card_details");
        json.WriteString(
            "status",
            payment.Status switch
            {
                PaymentStatus.Approved => "AUTHORIZED",
                PaymentStatus.Completed => "CAPTURED",
                _ => "VOIDED",
            }
        );
        json.WriteStartObject("card");
        json.WriteString("card_brand", card.Brand);
        json.WriteString("last_4", card.Last4);
        json.WriteNumber("exp_month", card.ExpMonth);
        json.WriteNumber("exp_year", card.ExpYear);
        json.WriteString("fingerprint", card.Fingerprint);
        json.WriteString("card_type", card.CardType);
        json.WriteString("prepaid_type", "NOT_PREPAID");
        json.WriteString("bin", card.Bin);
        json.WriteEndObject();
        json.WriteString("entry_method", card.EntryMethod);
        json.WriteString("cvv_status", "CVV_ACCEPTED");
        json.WriteString("avs_status", "AVS_ACCEPTED");
        json.WriteString("statement_description", "SQ *DEFAULT TEST ACCOUNT");
        json.WriteStartObject("card_payment_timeline");
        json.WriteString("authorized_at", SquareTime.Rfc3339(payment.CreatedAt));
        if (payment.CapturedAt is { } captured)
            json.WriteString("captured_at", SquareTime.Rfc3339(captured));
        if (payment.VoidedAt is { } voided)
            json.WriteString("voided_at", SquareTime.Rfc3339(voided));
        json.WriteEndObject();
        json.WriteEndObject();

        json.WriteString("delay_action", "CANCEL");
        json.WriteString("delay_duration", "PT168H");
        json.WriteString("delayed_until", SquareTime.Rfc3339(payment.CreatedAt.AddHours(168)));
        json.WriteStartObject("risk_evaluation");
        json.WriteString("created_at", SquareTime.Rfc3339(payment.CreatedAt));
        json.WriteString("risk_level", "NORMAL");
        json.WriteEndObject();
        if (payment.Status is not PaymentStatus.Approved)
            return;
        json.WriteStartArray("capabilities");
        json.WriteStringValue("EDIT_TIP_AMOUNT");
        json.WriteStringValue("EDIT_TIP_AMOUNT_UP");
        json.WriteStringValue("EDIT_TIP_AMOUNT_DOWN");
        json.WriteEndArray();
    }

    private static void WriteCash(Utf8JsonWriter json, Payment payment)
    {
        json.WriteString("source_type", "CASH");
        json.WriteStartObject("cash_details");
        json.WriteMoney("buyer_supplied_money", payment.ApprovedAmount, payment.Currency);
        json.WriteMoney("change_back_money", 0, payment.Currency);
        json.WriteEndObject();
    }

    private static void WriteRefunds(Utf8JsonWriter json, Payment payment)
    {
        if (payment.Refunds.IsEmpty)
            return;
        json.WriteMoney("refunded_money", payment.Refunded, payment.Currency);
        json.WriteStartArray("refund_ids");
        foreach (var refund in payment.Refunds)
            json.WriteStringValue(refund.Id);
        json.WriteEndArray();
    }
}
