using System.Text.Json;
using Integrations.Contracts.Connections;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Time;

namespace Integrations.Square;

/// <summary>Translates Square's events: a pure function over raw bytes. Unknown fields are ignored; a missing required field makes the
/// event unreadable, with the reason.</summary>
/// <remarks>Source: Square API reference, Payment, PaymentRefund, Order, and the events payment.*, refund.*, order.*.</remarks>
internal static class SquareTranslator
{
    public static PosEvent Translate(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return Read(json.RootElement);
        }
        catch (JsonException)
        {
            return Unreadable("The body is not JSON.");
        }
        catch (InvalidOperationException)
        {
            // The body contains a string that is not valid UTF-16 after its escapes are resolved, e.g. half a surrogate pair.
            return Unreadable("The body contains text that is not valid Unicode.");
        }
    }

    private static PosEvent Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return Unreadable("The body is not a JSON object.");
        var posEvent = new PosEvent(
            ReadText(root, "event_id"),
            ReadText(root, "type"),
            ReadText(root, "merchant_id"),
            ReadText(root, "location_id"),
            null,
            null
        );
        if (posEvent.EventId is null)
            return posEvent with { UnreadableReason = "The event has no event_id." };
        var changed = ReadObject(ReadObject(root, "data"), "object");
        return posEvent.Type switch
        {
            "payment.created" or "payment.updated" => TranslateObject(posEvent, "payment", ReadObject(changed, "payment"), Payment, p =>
                (p.LocationId, new PosObservations { Payments = [p] })
            ),
            "refund.created" or "refund.updated" => TranslateObject(posEvent, "refund", ReadObject(changed, "refund"), Refund, r =>
                (r.LocationId, new PosObservations { Refunds = [r] })
            ),
            // Order events carry only the order's id, so the order must be fetched.
            "order.created" => TranslateObject(posEvent, "order_created", ReadObject(changed, "order_created"), ReadOrderReference, o =>
                (o.Location, new PosObservations { ChangedOrderIds = [o.Id] })
            ),
            "order.updated" => TranslateObject(posEvent, "order_updated", ReadObject(changed, "order_updated"), ReadOrderReference, o =>
                (o.Location, new PosObservations { ChangedOrderIds = [o.Id] })
            ),
            _ => posEvent,
        };
    }

    private static PosEvent TranslateObject<T>(
        PosEvent posEvent,
        string name,
        JsonElement? changed,
        Func<JsonElement, (T? Known, string? Missing)> translate,
        Func<T, (string Location, PosObservations Facts)> observe
    )
        where T : class
    {
        if (changed is not { } item)
            return posEvent with { UnreadableReason = $"The event has no data.object.{name}." };
        var (translated, missing) = translate(item);
        if (translated is null)
            return posEvent with { UnreadableReason = missing };
        var (location, observations) = observe(translated);
        return posEvent with { Observations = observations, LocationId = location };
    }

    /// <summary>Translates a payment from an event or from ListPayments. The second value names what is missing.</summary>
    public static (PosPayment? Payment, string? Missing) Payment(JsonElement payment)
    {
        var total = ReadAmount(payment, "total_money");
        if (ReadText(payment, "id") is not { } id)
            return (null, "The payment has no id.");
        if (ReadText(payment, "location_id") is not { } location)
            return (null, "The payment has no location_id.");
        if (PaymentStateOf(ReadText(payment, "status")) is not { } state)
            return (null, "The payment's status is not one of APPROVED, PENDING, COMPLETED, CANCELED, FAILED.");
        if (ReadTime(payment, "created_at") is not { } created || ReadTime(payment, "updated_at") is not { } updated)
            return (null, "The payment has no readable created_at and updated_at.");
        if (total is not { Minor: >= 0 } paid)
            return (null, "The payment has no total_money with a whole amount of 0 or more and a currency.");
        if (
            ReadOptionalAmount(payment, "tip_money", paid.Currency) is not { } tip
            || ReadOptionalAmount(payment, "refunded_money", paid.Currency) is not { } refunded
        )
            return (null, "The payment's tip or refund is not a whole amount of the total's currency.");
        // An offline payment was made when the guest paid, not when the device was online again.
        var occurred = ReadObject(payment, "offline_payment_details") is { } offline
            ? ReadTime(offline, "client_created_at") ?? created
            : created;
        var card = ReadCard(payment);
        return (
            new PosPayment(
                id,
                ReadText(payment, "order_id"),
                location,
                state,
                occurred,
                updated,
                paid.Currency,
                paid.Minor,
                tip,
                refunded,
                PaymentMethodOf(ReadText(payment, "source_type"), card?.Brand),
                card
            ),
            null
        );
    }

    /// <summary>Translates a refund from an event or from ListPaymentRefunds. The second value names what is missing.</summary>
    public static (PosRefund? Refund, string? Missing) Refund(JsonElement refund)
    {
        if (ReadText(refund, "id") is not { } id)
            return (null, "The refund has no id.");
        if (ReadText(refund, "location_id") is not { } location)
            return (null, "The refund has no location_id.");
        if (RefundStateOf(ReadText(refund, "status")) is not { } state)
            return (null, "The refund's status is not one of PENDING, COMPLETED, REJECTED, FAILED.");
        if (ReadTime(refund, "created_at") is not { } created)
            return (null, "The refund has no readable created_at.");
        if (ReadAmount(refund, "amount_money") is not { Minor: >= 0 } amount)
            return (null, "The refund has no amount_money with a whole amount of 0 or more and a currency.");
        // A refund that was never changed can lack updated_at.
        return (
            new PosRefund(
                id,
                ReadText(refund, "payment_id"),
                ReadText(refund, "order_id"),
                location,
                state,
                amount.Minor,
                amount.Currency,
                ReadText(refund, "reason"),
                created,
                ReadTime(refund, "updated_at") ?? created
            ),
            null
        );
    }

    /// <summary>Translates an order from BatchRetrieveOrders. The second value names what is missing.</summary>
    /// <remarks>Service charges belong to the order, tips to its payments. Source: Square API reference, Order.</remarks>
    public static (PosOrder? Order, string? Missing) Order(JsonElement order)
    {
        if (ReadText(order, "id") is not { } id || ReadText(order, "location_id") is not { } location)
            return (null, "The order has no id and location_id.");
        if (ReadAmount(order, "total_money") is not { } total)
            return (null, "The order has no total_money.");
        if (
            ReadOptionalAmount(order, "total_tax_money", total.Currency) is not { } tax
            || ReadOptionalAmount(order, "total_discount_money", total.Currency) is not { } discount
            || ReadOptionalAmount(order, "total_service_charge_money", total.Currency) is not { } charge
        )
            return (null, "The order's amounts are not all of its total's currency.");
        var version =
            order.TryGetProperty("version", out var versionElement)
            && versionElement.ValueKind == JsonValueKind.Number
            && versionElement.TryGetInt64(out var number)
                ? number
                : 0;
        return (new PosOrder(id, location, version, total.Currency, new PosBreakdown(tax, discount, charge)), null);
    }

    private sealed record OrderReference(string Id, string Location);

    private static (OrderReference? Order, string? Missing) ReadOrderReference(JsonElement changed) =>
        ReadText(changed, "order_id") is { } id && ReadText(changed, "location_id") is { } location
            ? (new OrderReference(id, location), null)
            : (null, "The event has no order_id and location_id.");

    private static RefundState? RefundStateOf(string? status) =>
        status switch
        {
            "PENDING" => RefundState.Pending,
            "COMPLETED" => RefundState.Completed,
            "REJECTED" => RefundState.Rejected,
            "FAILED" => RefundState.Failed,
            _ => null,
        };

    private static PosCard? ReadCard(JsonElement payment)
    {
        if (ReadObject(payment, "card_details") is not { } details)
            return null;
        var card = ReadObject(details, "card");
        return card is null
            ? null
            : new PosCard(
                ReadText(card, "card_brand"),
                ReadText(card, "last_4"),
                ReadText(details, "entry_method"),
                ReadText(card, "fingerprint")
            );
    }

    private static PaymentState? PaymentStateOf(string? status) =>
        status switch
        {
            "APPROVED" => PaymentState.Authorized,
            "PENDING" => PaymentState.Pending,
            "COMPLETED" => PaymentState.Captured,
            "CANCELED" => PaymentState.Canceled,
            "FAILED" => PaymentState.Failed,
            _ => null,
        };

    private static PaymentMethod PaymentMethodOf(string? source, string? brand) =>
        source switch
        {
            "CARD" => brand == "SQUARE_GIFT_CARD" ? PaymentMethod.GiftCard : PaymentMethod.Card,
            "CASH" => PaymentMethod.Cash,
            "WALLET" or "SQUARE_ACCOUNT" => PaymentMethod.Wallet,
            "BANK_ACCOUNT" => PaymentMethod.BankAccount,
            "BUY_NOW_PAY_LATER" => PaymentMethod.BuyNowPayLater,
            _ => PaymentMethod.Other,
        };

    private static (long Minor, string Currency)? ReadAmount(JsonElement parent, string name) =>
        ReadObject(parent, name) is { } money
        && money.TryGetProperty("amount", out var amount)
        && amount.ValueKind == JsonValueKind.Number
        && amount.TryGetInt64(out var minor)
        && ReadText(money, "currency") is { Length: 3 } currency
            ? (minor, currency)
            : null;

    // A missing amount is 0. An amount in another currency than the total's can be neither added nor ignored.
    private static long? ReadOptionalAmount(JsonElement parent, string name, string currency) =>
        !parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? 0
        : ReadAmount(parent, name) is { } money && money.Currency == currency ? money.Minor
        : null;

    // A time must have an offset (RFC 3339), because one without would be read in this machine's zone. Years outside 2000 to 2199 cannot
    // belong to a payment.
    private static Instant? ReadTime(JsonElement parent, string name) =>
        ReadText(parent, name) is { } text
        && OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true, Value: { Year: >= 2000 and < 2200 } time }
            ? time.ToInstant().ToMicroseconds()
            : null;

    private static string? ReadText(JsonElement? parent, string name) =>
        parent is { } element
        && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text
            ? text
            : null;

    private static JsonElement? ReadObject(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } element
        && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Object
            ? value
            : null;

    private static PosEvent Unreadable(string why) => new(null, null, null, null, null, why);
}
