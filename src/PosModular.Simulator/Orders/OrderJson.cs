using System.Text.Json;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Orders;

/// <summary>
/// An order as Square writes it, as in the API specification's example of RetrieveOrder: one line item for all goods, at most one
/// tax, one discount and one service charge, and a tender for each payment that was not cancelled.
/// </summary>
internal static class OrderJson
{
    public static void Write(Utf8JsonWriter json, Order order)
    {
        var currency = order.Currency;
        json.WriteStartObject();
        json.WriteString("id", order.Id);
        json.WriteString("location_id", order.LocationId);
        WriteLine(json, order);
        WriteTax(json, order);
        WriteDiscount(json, order);
        WriteServiceCharge(json, order);
        WriteTenders(json, order);
        json.WriteString("created_at", SquareTime.Rfc3339(order.CreatedAt));
        json.WriteString("updated_at", SquareTime.Rfc3339(order.UpdatedAt));
        if (order.ClosedAt is { } closed)
            json.WriteString("closed_at", SquareTime.Rfc3339(closed));
        json.WriteString("state", StateName(order.State));
        json.WriteNumber("version", order.Version);
        json.WriteMoney("total_money", order.Total, currency);
        json.WriteMoney("total_tax_money", order.Tax, currency);
        json.WriteMoney("total_discount_money", order.Discount, currency);
        json.WriteMoney("total_tip_money", order.Tip, currency);
        json.WriteMoney("total_service_charge_money", order.ServiceCharge, currency);
        json.WriteStartObject("net_amounts");
        json.WriteMoney("total_money", order.Total, currency);
        json.WriteMoney("tax_money", order.Tax, currency);
        json.WriteMoney("discount_money", order.Discount, currency);
        json.WriteMoney("tip_money", order.Tip, currency);
        json.WriteMoney("service_charge_money", order.ServiceCharge, currency);
        json.WriteEndObject();
        json.WriteMoney("net_amount_due_money", Math.Max(0, order.Total - order.Paid), currency);
        json.WriteEndObject();
    }

    /// <summary>OPEN, COMPLETED, CANCELED.</summary>
    public static string StateName(OrderState state) =>
        state switch
        {
            OrderState.Open => "OPEN",
            OrderState.Completed => "COMPLETED",
            _ => "CANCELED",
        };

    private static void WriteLine(Utf8JsonWriter json, Order order)
    {
        var currency = order.Currency;
        json.WriteStartArray("line_items");
        json.WriteStartObject();
        json.WriteString("uid", Uid(order, "line"));
        json.WriteString("name", "Drinks");
        json.WriteString("quantity", "1");
        WriteApplied(json, "applied_taxes", "tax_uid", order, order.Tax, "tax");
        WriteApplied(json, "applied_discounts", "discount_uid", order, order.Discount, "discount");
        json.WriteMoney("base_price_money", order.Subtotal, currency);
        json.WriteMoney("variation_total_price_money", order.Subtotal, currency);
        json.WriteMoney("gross_sales_money", order.Subtotal, currency);
        json.WriteMoney("total_tax_money", order.Tax, currency);
        json.WriteMoney("total_discount_money", order.Discount, currency);
        json.WriteMoney("total_service_charge_money", 0, currency);
        json.WriteMoney("total_money", order.Subtotal + order.Tax - order.Discount, currency);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteApplied(Utf8JsonWriter json, string name, string reference, Order order, long amount, string kind)
    {
        if (amount == 0)
            return;
        json.WriteStartArray(name);
        json.WriteStartObject();
        json.WriteString("uid", Uid(order, "applied " + kind));
        json.WriteString(reference, Uid(order, kind));
        json.WriteMoney("applied_money", amount, order.Currency);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteTax(Utf8JsonWriter json, Order order)
    {
        if (order.Tax == 0)
            return;
        json.WriteStartArray("taxes");
        json.WriteStartObject();
        json.WriteString("uid", Uid(order, "tax"));
        json.WriteString("name", "Sales tax");
        json.WriteString("percentage", "7");
        json.WriteString("type", "ADDITIVE");
        json.WriteMoney("applied_money", order.Tax, order.Currency);
        json.WriteString("scope", "ORDER");
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteDiscount(Utf8JsonWriter json, Order order)
    {
        if (order.Discount == 0)
            return;
        json.WriteStartArray("discounts");
        json.WriteStartObject();
        json.WriteString("uid", Uid(order, "discount"));
        json.WriteString("name", "Happy hour");
        json.WriteMoney("amount_money", order.Discount, order.Currency);
        json.WriteMoney("applied_money", order.Discount, order.Currency);
        json.WriteString("type", "FIXED_AMOUNT");
        json.WriteString("scope", "ORDER");
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteServiceCharge(Utf8JsonWriter json, Order order)
    {
        if (order.ServiceCharge == 0)
            return;
        json.WriteStartArray("service_charges");
        json.WriteStartObject();
        json.WriteString("uid", Uid(order, "service charge"));
        json.WriteString("name", "Table service");
        json.WriteMoney("amount_money", order.ServiceCharge, order.Currency);
        json.WriteMoney("applied_money", order.ServiceCharge, order.Currency);
        json.WriteMoney("total_money", order.ServiceCharge, order.Currency);
        json.WriteMoney("total_tax_money", 0, order.Currency);
        json.WriteString("calculation_phase", "SUBTOTAL_PHASE");
        json.WriteBoolean("taxable", false);
        json.WriteString("type", "CUSTOM");
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteTenders(Utf8JsonWriter json, Order order)
    {
        json.WriteStartArray("tenders");
        foreach (var payment in order.Payments.Where(p => p.Status is not PaymentStatus.Canceled))
        {
            json.WriteStartObject();
            json.WriteString("id", payment.Id);
            json.WriteString("location_id", payment.LocationId);
            json.WriteString("transaction_id", order.Id);
            json.WriteString("created_at", SquareTime.Rfc3339(payment.CreatedAt));
            json.WriteMoney("amount_money", payment.Total, payment.Currency);
            if (payment.Tip > 0)
                json.WriteMoney("tip_money", payment.Tip, payment.Currency);
            json.WriteString("type", payment.Card is null ? "CASH" : "CARD");
            json.WriteString("payment_id", payment.Id);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Uid(Order order, string kind) => SquareId.OpaqueHash($"{order.Id} {kind}", 22);
}
