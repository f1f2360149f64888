using System.Text.Json;

namespace PosModular.Simulator.Toast;

/// <summary>Who reads an order, which decides what is shown of the guest.</summary>
internal enum OrderAudience
{
    /// <summary>A client without guest.pi:read: no customer.</summary>
    WithoutGuestInfo,

    /// <summary>A client with guest.pi:read: the whole customer.</summary>
    WithGuestInfo,

    /// <summary>
    /// A webhook: the customer without names and phone (Toast docs, Orders webhook). Toast does not document whether the email is
    /// included; here it is.
    /// </summary>
    Webhook,
}

/// <summary>An order as Toast writes it, field by field as in samples/toast (order-get, orders-bulk, webhook.order_updated).</summary>
internal sealed class ToastOrderJson(Utf8JsonWriter json, ToastOrder order, Restaurant restaurant, OrderAudience audience)
{
    private readonly string _currency = restaurant.CurrencyCode;

    public void Write()
    {
        json.WriteEntityStart(order.Guid, "Order");
        json.WriteReference("revenueCenter", "RevenueCenter");
        json.WriteReference("server", "RestaurantUser");
        json.WriteBoolean("createdInTestMode", order.CreatedInTestMode);
        json.WriteDevices();
        json.WriteString("source", order.Source);
        json.WriteDate("voidDate", order.VoidedAt);
        if (order.PaidAt is { } paid)
            json.WriteNumber("duration", (long)(paid - order.OpenedAt).TotalSeconds);
        else
            json.WriteNull("duration");
        json.WriteNumber("businessDate", order.BusinessDate);
        json.WriteDate("paidDate", order.PaidAt);
        json.WriteReference("restaurantService", "RestaurantService");
        json.WriteBoolean("excessFood", order.ExcessFood);
        json.WriteBoolean("voided", order.VoidedAt is not null);
        json.WriteDate("estimatedFulfillmentDate", order.OpenedAt);
        json.WriteString("requiredPrepTime", "PT0S");
        json.WriteString("approvalStatus", order.ApprovalStatus);
        json.WriteNulls("table", "deliveryInfo", "serviceArea", "curbsidePickupInfo", "channelGuid");
        json.WriteNumber("numberOfGuests", 1);
        json.WriteReference("diningOption", "DiningOption");
        json.WriteDate("openedDate", order.OpenedAt);
        json.WriteBusinessDate("voidBusinessDate", order.VoidedAt is { } voided ? restaurant.BusinessDate(voided) : null);
        json.WriteStartArray("checks");
        foreach (var check in order.Checks)
            Write(check);
        json.WriteEndArray();
        json.WriteBoolean("deleted", order.DeletedAt is not null);
        json.WriteDate("createdDate", order.OpenedAt);
        json.WriteDate("closedDate", order.ClosedAt);
        json.WriteDate("deletedDate", order.DeletedAt ?? ToastTime.NotDeleted);
        json.WriteDate("modifiedDate", order.ModifiedAt);
        json.WriteDate("promisedDate", order.PromisedAt);
        json.WriteStartArray("pricingFeatures");
        json.WriteStringValue("TAXESV2");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Write(Check check)
    {
        json.WriteEntityStart(check.Guid, "Check");
        json.WriteString("displayNumber", check.DisplayNumber);
        json.WriteStartArray("payments");
        foreach (var payment in check.Payments)
        {
            json.WriteStartObject();
            ToastPaymentJson.WriteFields(json, payment, restaurant);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Write(check.Discounts);
        json.WriteDevices();
        json.WriteDate("voidDate", check.VoidedAt);
        json.WriteDate("paidDate", check.PaidAt);
        json.WriteNulls("appliedLoyaltyInfo", "tabName");
        json.WriteBoolean("voided", check.VoidedAt is not null);
        json.WriteString("paymentStatus", check.PaymentStatus);
        json.WriteAmount("amount", check.Amount, _currency);
        json.WriteBoolean("taxExempt", false);
        json.WriteDate("openedDate", check.OpenedAt);
        json.WriteAmount("totalAmount", check.TotalAmount, _currency);
        json.WriteStartArray("selections");
        foreach (var selection in check.Selections)
            Write(selection, check);
        json.WriteEndArray();
        json.WriteBusinessDate("voidBusinessDate", check.VoidedAt is { } voided ? restaurant.BusinessDate(voided) : null);
        json.WriteDate("createdDate", check.OpenedAt);
        json.WriteBoolean("deleted", check.DeletedAt is not null);
        json.WriteDate("closedDate", check.ClosedAt);
        json.WriteDate("deletedDate", check.DeletedAt ?? ToastTime.NotDeleted);
        json.WriteDate("modifiedDate", check.ModifiedAt);
        json.WriteAmount("taxAmount", check.TaxAmount, _currency);
        json.WriteStartArray("appliedServiceCharges");
        foreach (var charge in check.ServiceCharges)
            Write(charge);
        json.WriteEndArray();
        Write(check.Customer);
        json.WriteEndObject();
    }

    private void Write(Selection selection, Check check)
    {
        json.WriteEntityStart(selection.Guid, "MenuItemSelection");
        json.WriteReference("itemGroup", "MenuGroup");
        json.WriteReference("item", "MenuItem");
        json.WriteReference("salesCategory", "SalesCategory");
        json.WriteReference("diningOption", "DiningOption");
        json.WriteBoolean("deferred", false);
        json.WriteNumber("quantity", selection.Quantity);
        json.WriteAmount("receiptLinePrice", selection.PreDiscountPrice, _currency);
        json.WriteAmount("preDiscountPrice", selection.PreDiscountPrice, _currency);
        json.WriteAmount("price", selection.Price, _currency);
        json.WriteAmount("tax", selection.Tax, _currency);
        json.WriteString("displayName", selection.Name);
        Write(selection.Discounts);
        json.WriteStartArray("modifiers");
        json.WriteEndArray();
        json.WriteNumber("seatNumber", -1);
        json.WriteString("fulfillmentStatus", "SENT");
        json.WriteString("selectionType", "NONE");
        json.WriteBoolean("voided", selection.Voided);
        json.WriteDate("voidDate", selection.Voided ? check.VoidedAt ?? check.ModifiedAt : null);
        json.WriteBusinessDate("voidBusinessDate", selection.Voided ? restaurant.BusinessDate(check.VoidedAt ?? check.ModifiedAt) : null);
        json.WriteNulls("voidReason", "optionGroup", "optionGroupPricingMode", "preModifier");
        json.WriteDate("createdDate", check.OpenedAt);
        json.WriteDate("modifiedDate", check.ModifiedAt);
        json.WriteStartArray("appliedTaxes");
        if (selection.Tax != 0)
        {
            json.WriteStartObject();
            json.WriteString("entityType", "AppliedTaxRate");
            json.WriteStartObject("taxRate");
            json.WriteString("guid", "d5b88c05-1348-42ef-b1d3-577a83d70a80");
            json.WriteString("entityType", "TaxRate");
            json.WriteEndObject();
            json.WriteString("name", "State Tax");
            json.WriteNumber("rate", 0.07m);
            json.WriteAmount("taxAmount", selection.Tax, _currency);
            json.WriteString("type", "PERCENT");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Write(IEnumerable<AppliedDiscount> discounts)
    {
        json.WriteStartArray("appliedDiscounts");
        foreach (var discount in discounts)
        {
            json.WriteEntityStart(discount.Guid, "AppliedCustomDiscount");
            json.WriteString("name", discount.Name);
            json.WriteAmount("discountAmount", discount.Amount, _currency);
            json.WriteAmount("nonTaxDiscountAmount", discount.Amount, _currency);
            json.WriteString("discountType", discount.Type);
            json.WriteString("processingState", discount.ProcessingState ?? "APPLIED");
            json.WriteNulls("discountPercent", "appliedPromoCode", "approver");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Write(ServiceCharge charge)
    {
        json.WriteEntityStart(charge.Guid, "AppliedServiceCharge");
        json.WriteString("name", charge.Name);
        json.WriteAmount("chargeAmount", charge.Amount, _currency);
        json.WriteString("chargeType", "FIXED");
        json.WriteBoolean("gratuity", charge.Gratuity);
        json.WriteBoolean("taxable", false);
        json.WriteBoolean("delivery", false);
        json.WriteReference("serviceCharge", "ServiceCharge");
        json.WriteEndObject();
    }

    private void Write(ToastCustomer? customer)
    {
        if (customer is null || audience is OrderAudience.WithoutGuestInfo)
        {
            json.WriteNull("customer");
            return;
        }

        json.WriteStartObject("customer");
        json.WriteString("guid", customer.Guid);
        json.WriteString("entityType", "Customer");
        if (audience is OrderAudience.WithGuestInfo)
        {
            json.WriteString("firstName", customer.FirstName);
            json.WriteString("lastName", customer.LastName);
            json.WriteString("phone", customer.Phone);
        }

        json.WriteString("email", customer.Email);
        json.WriteEndObject();
    }
}
