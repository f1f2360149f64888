using System.Text.Json;
using Integrations.Contracts;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Time;

namespace Integrations.Square;

/// <summary>Square's events in our own words: a pure function over raw bytes. What it does not know it leaves alone; what it cannot do
/// without makes the event unreadable, with the reason.</summary>
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
            // A string that is not valid UTF-16 once its escapes are resolved, e.g. half a surrogate pair.
            return Unreadable("The body has text that is not valid Unicode.");
        }
    }

    private static PosEvent Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return Unreadable("The body is not a JSON object.");
        var read = new PosEvent(
            Text(root, "event_id"),
            Text(root, "type"),
            Text(root, "merchant_id"),
            Text(root, "location_id"),
            null,
            null
        );
        if (read.EventId is null)
            return read with { Unreadable = "The event has no event_id." };
        var changed = Child(Child(root, "data"), "object");
        return read.Type switch
        {
            "payment.created" or "payment.updated" => Told(read, "payment", Child(changed, "payment"), Payment, p =>
                (p.LocationId, new PosFacts { Payments = [p] })
            ),
            "refund.created" or "refund.updated" => Told(read, "refund", Child(changed, "refund"), Refund, r =>
                (r.LocationId, new PosFacts { Refunds = [r] })
            ),
            // Only a reference: the order itself must be fetched.
            "order.created" => Told(read, "order_created", Child(changed, "order_created"), OrderId, o =>
                (o.Location, new PosFacts { ChangedOrders = [o.Id] })
            ),
            "order.updated" => Told(read, "order_updated", Child(changed, "order_updated"), OrderId, o =>
                (o.Location, new PosFacts { ChangedOrders = [o.Id] })
            ),
            _ => read,
        };
    }

    private static PosEvent Told<T>(
        PosEvent read,
        string name,
        JsonElement? changed,
        Func<JsonElement, (T? Known, string? Missing)> translate,
        Func<T, (string Location, PosFacts Facts)> tell
    )
        where T : class
    {
        if (changed is not { } given)
            return read with { Unreadable = $"The event has no data.object.{name}." };
        var (known, missing) = translate(given);
        if (known is null)
            return read with { Unreadable = missing };
        var (location, facts) = tell(known);
        return read with { Facts = facts, LocationId = location };
    }

    /// <summary>A payment as it stands in events and in ListPayments; the second part names what is missing.</summary>
    public static (PosPayment? Payment, string? Missing) Payment(JsonElement payment)
    {
        var total = Amount(payment, "total_money");
        if (Text(payment, "id") is not { } id)
            return (null, "The payment has no id.");
        if (Text(payment, "location_id") is not { } location)
            return (null, "The payment has no location_id.");
        if (State(Text(payment, "status")) is not { } state)
            return (null, "The payment's status is not one of APPROVED, PENDING, COMPLETED, CANCELED, FAILED.");
        if (Time(payment, "created_at") is not { } created || Time(payment, "updated_at") is not { } updated)
            return (null, "The payment has no readable created_at and updated_at.");
        if (total is not { Minor: >= 0 } paid)
            return (null, "The payment has no total_money with a whole amount of 0 or more and a currency.");
        if (
            Optional(payment, "tip_money", paid.Currency) is not { } tip
            || Optional(payment, "refunded_money", paid.Currency) is not { } refunded
        )
            return (null, "The payment's tip or refund is not a whole amount of the total's currency.");
        // A sale taken offline was made when the guest stood there, not when the till was back on line.
        var occurred = Child(payment, "offline_payment_details") is { } offline ? Time(offline, "client_created_at") ?? created : created;
        var card = Card(payment);
        return (
            new PosPayment(
                id,
                Text(payment, "order_id"),
                location,
                state,
                occurred,
                updated,
                paid.Currency,
                paid.Minor,
                tip,
                refunded,
                Method(Text(payment, "source_type"), card?.Brand),
                card
            ),
            null
        );
    }

    /// <summary>A refund as it stands in events and in ListPaymentRefunds; the second part names what is missing.</summary>
    public static (PosRefund? Refund, string? Missing) Refund(JsonElement refund)
    {
        if (Text(refund, "id") is not { } id)
            return (null, "The refund has no id.");
        if (Text(refund, "location_id") is not { } location)
            return (null, "The refund has no location_id.");
        if (RefundStateOf(Text(refund, "status")) is not { } state)
            return (null, "The refund's status is not one of PENDING, COMPLETED, REJECTED, FAILED.");
        if (Time(refund, "created_at") is not { } created)
            return (null, "The refund has no readable created_at.");
        if (Amount(refund, "amount_money") is not { Minor: >= 0 } amount)
            return (null, "The refund has no amount_money with a whole amount of 0 or more and a currency.");
        // A refund that was never changed may come without updated_at.
        return (
            new PosRefund(
                id,
                Text(refund, "payment_id"),
                Text(refund, "order_id"),
                location,
                state,
                amount.Minor,
                amount.Currency,
                Text(refund, "reason"),
                created,
                Time(refund, "updated_at") ?? created
            ),
            null
        );
    }

    /// <summary>An order as it stands in BatchRetrieveOrders; the second part names what is missing.</summary>
    /// <remarks>Service charges within the order; tips are the payments' own. Source: Square API reference, Order.</remarks>
    public static (PosOrder? Order, string? Missing) Order(JsonElement order)
    {
        if (Text(order, "id") is not { } id || Text(order, "location_id") is not { } location)
            return (null, "The order has no id and location_id.");
        if (Amount(order, "total_money") is not { } total)
            return (null, "The order has no total_money.");
        if (
            Optional(order, "total_tax_money", total.Currency) is not { } tax
            || Optional(order, "total_discount_money", total.Currency) is not { } discount
            || Optional(order, "total_service_charge_money", total.Currency) is not { } charge
        )
            return (null, "The order's amounts are not all of its total's currency.");
        var version =
            order.TryGetProperty("version", out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetInt64(out var number)
                ? number
                : 0;
        return (new PosOrder(id, location, version, total.Currency, new PosBreakdown(tax, discount, charge)), null);
    }

    private sealed record OrderReference(string Id, string Location);

    private static (OrderReference? Order, string? Missing) OrderId(JsonElement changed) =>
        Text(changed, "order_id") is { } id && Text(changed, "location_id") is { } location
            ? (new OrderReference(id, location), null)
            : (null, "The event names no order_id and location_id.");

    private static RefundState? RefundStateOf(string? status) =>
        status switch
        {
            "PENDING" => RefundState.Pending,
            "COMPLETED" => RefundState.Completed,
            "REJECTED" => RefundState.Rejected,
            "FAILED" => RefundState.Failed,
            _ => null,
        };

    private static PosCard? Card(JsonElement payment)
    {
        if (Child(payment, "card_details") is not { } details)
            return null;
        var card = Child(details, "card");
        return card is null
            ? null
            : new PosCard(Text(card, "card_brand"), Text(card, "last_4"), Text(details, "entry_method"), Text(card, "fingerprint"));
    }

    private static PaymentState? State(string? status) =>
        status switch
        {
            "APPROVED" => PaymentState.Authorized,
            "PENDING" => PaymentState.Pending,
            "COMPLETED" => PaymentState.Captured,
            "CANCELED" => PaymentState.Canceled,
            "FAILED" => PaymentState.Failed,
            _ => null,
        };

    private static PaymentMethod Method(string? source, string? brand) =>
        source switch
        {
            "CARD" => brand == "SQUARE_GIFT_CARD" ? PaymentMethod.GiftCard : PaymentMethod.Card,
            "CASH" => PaymentMethod.Cash,
            "WALLET" or "SQUARE_ACCOUNT" => PaymentMethod.Wallet,
            "BANK_ACCOUNT" => PaymentMethod.BankAccount,
            "BUY_NOW_PAY_LATER" => PaymentMethod.BuyNowPayLater,
            _ => PaymentMethod.Other,
        };

    private static (long Minor, string Currency)? Amount(JsonElement of, string name) =>
        Child(of, name) is { } money
        && money.TryGetProperty("amount", out var amount)
        && amount.ValueKind == JsonValueKind.Number
        && amount.TryGetInt64(out var minor)
        && Text(money, "currency") is { Length: 3 } currency
            ? (minor, currency)
            : null;

    // Left out means none; another currency than the total's can be neither added nor dropped.
    private static long? Optional(JsonElement of, string name, string currency) =>
        !of.TryGetProperty(name, out var given) || given.ValueKind == JsonValueKind.Null ? 0
        : Amount(of, name) is { } money && money.Currency == currency ? money.Minor
        : null;

    // RFC 3339 with its offset: a time without one would be read in this machine's zone. Outside of these years it is no sale's time.
    private static Instant? Time(JsonElement of, string name) =>
        Text(of, name) is { } text
        && OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true, Value: { Year: >= 2000 and < 2200 } time }
            ? time.ToInstant().ToMicroseconds()
            : null;

    private static string? Text(JsonElement? of, string name) =>
        of is { } element
        && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text
            ? text
            : null;

    private static JsonElement? Child(JsonElement? of, string name) =>
        of is { ValueKind: JsonValueKind.Object } element
        && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Object
            ? value
            : null;

    private static PosEvent Unreadable(string why) => new(null, null, null, null, null, why);
}
