using System.Text.Json;

namespace PosModular.Simulator.Toast;

/// <summary>A payment as Toast writes it, as in samples/toast/payment-*.json.</summary>
internal static class ToastPaymentJson
{
    /// <summary>The fields of a payment, the same within an order and alone.</summary>
    public static void WriteFields(Utf8JsonWriter json, ToastPayment payment, Restaurant restaurant)
    {
        var currency = restaurant.CurrencyCode;
        var card = payment.Type is ToastPaymentType.Credit;
        json.WriteString("guid", payment.Guid);
        json.WriteString("entityType", "OrderPayment");
        json.WriteNulls("externalId", "originalProcessingFee");
        json.WriteAmount("amount", payment.Amount, currency);
        json.WriteAmount("tipAmount", payment.Tip, currency);
        json.WriteAmount("amountTendered", card ? 0 : payment.Amount, currency);
        json.WriteNulls("cashDrawer", "houseAccount", "otherPayment", "mcaRepaymentAmount");
        json.WriteDevices();
        json.WriteString("type", ToastJson.EnumName(payment.Type));
        json.WriteString("paymentStatus", ToastJson.EnumName(payment.Status!.Value));
        json.WriteString("cardType", card ? payment.CardType : null);
        json.WriteString("cardEntryMode", card ? payment.CardEntryMode : null);
        json.WriteString("first6Digits", card ? payment.First6Digits : null);
        json.WriteString("last4Digits", card ? payment.Last4Digits : null);
        json.WriteDate("paidDate", payment.PaidAt);
        json.WriteNumber("paidBusinessDate", restaurant.BusinessDate(payment.PaidAt!.Value));
        WriteRefund(json, payment, restaurant);
        WriteVoid(json, payment, restaurant);
    }

    private static void WriteRefund(Utf8JsonWriter json, ToastPayment payment, Restaurant restaurant)
    {
        json.WriteString(
            "refundStatus",
            payment.Refund is null ? "NONE"
                : payment.Refunded < payment.Total ? "PARTIAL"
                : "FULL"
        );
        if (payment.Refund is not { } refund)
        {
            json.WriteNull("refund");
            return;
        }

        json.WriteStartObject("refund");
        json.WriteAmount("refundAmount", refund.Amount, restaurant.CurrencyCode);
        json.WriteAmount("tipRefundAmount", refund.Tip, restaurant.CurrencyCode);
        json.WriteDate("refundDate", refund.At);
        json.WriteNumber("refundBusinessDate", restaurant.BusinessDate(refund.At));
        json.WriteEndObject();
    }

    private static void WriteVoid(Utf8JsonWriter json, ToastPayment payment, Restaurant restaurant)
    {
        if (payment.VoidedAt is not { } voided)
        {
            json.WriteNull("voidInfo");
            return;
        }

        json.WriteStartObject("voidInfo");
        json.WriteReference("voidUser", "RestaurantUser");
        json.WriteReference("voidApprover", "RestaurantUser");
        json.WriteDate("voidDate", voided);
        json.WriteNumber("voidBusinessDate", restaurant.BusinessDate(voided));
        json.WriteNull("voidReason");
        json.WriteEndObject();
    }
}
