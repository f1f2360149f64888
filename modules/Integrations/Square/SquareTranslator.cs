using System.Text.Json;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Time;

namespace Integrations.Square;

/// <summary>Translates Square's events: a pure function over raw bytes. Unknown fields are ignored; a missing required field makes the
/// event unreadable, with the reason. A payment whose total is legible counts: another amount that is not legible is taken as 0 and
/// named. An amount that contradicts the total, such as a tip above it, makes the payment unreadable.</summary>
/// <remarks>Source: Square API reference, Payment, PaymentRefund, Order, and the events payment.*, refund.*, order.*.</remarks>
internal static class SquareTranslator
{
    /// <param name="body">The body of a webhook.</param>
    /// <param name="contacts">Hashes the guests' e-mail addresses; null leaves them out.</param>
    public static PosEvent Translate(ReadOnlyMemory<byte> body, ContactHasher? contacts = null)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return Read(json.RootElement, contacts);
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

    private static PosEvent Read(JsonElement root, ContactHasher? contacts)
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
            "payment.created" or "payment.updated" => TranslateObject(
                posEvent,
                "payment",
                ReadObject(changed, "payment"),
                payment => Payment(payment, contacts),
                p => (p.LocationId, new PosObservations { Payments = [p] })
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
        return posEvent with { Observations = observations, LocationId = location, SkippedItems = missing is null ? [] : [missing] };
    }

    /// <summary>Translates a payment from an event or from ListPayments. The second value names what is missing, also when the payment
    /// can be used without it.</summary>
    public static (PosPayment? Payment, string? Missing) Payment(JsonElement payment, ContactHasher? contacts = null)
    {
        if (ReadText(payment, "id") is not { } id)
            return (null, "The payment has no id.");
        if (ReadText(payment, "location_id") is not { } location)
            return (null, "The payment has no location_id.");
        if (PaymentStateOf(ReadText(payment, "status")) is not { } state)
            return (null, "The payment's status is not one of APPROVED, PENDING, COMPLETED, CANCELED, FAILED.");
        if (ReadTime(payment, "created_at") is not { } created || ReadTime(payment, "updated_at") is not { } updated)
            return (null, "The payment has no readable created_at and updated_at.");
        var (paid, unreadableTotal) = ReadTotal(payment, "total_money", "payment");
        if (unreadableTotal is not null)
            return (null, unreadableTotal);
        var illegible = new List<string>();
        if (
            ReadPart(payment, "tip_money", paid.Currency, illegible) is not { } tip
            || ReadPart(payment, "refunded_money", paid.Currency, illegible) is not { } refunded
        )
            return (null, "The payment's tip_money or refunded_money is below zero or not of the total's currency.");
        if (tip > paid.Minor)
            return (null, "The payment's tip_money is above its total_money.");
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
            )
            {
                Customer = ReadCustomer(payment, contacts),
            },
            Describe("payment", illegible)
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
        var (amount, unreadableAmount) = ReadTotal(refund, "amount_money", "refund");
        if (unreadableAmount is not null)
            return (null, unreadableAmount);
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
        var (total, unreadableTotal) = ReadTotal(order, "total_money", "order", long.MinValue);
        if (unreadableTotal is not null)
            return (null, unreadableTotal);
        var illegible = new List<string>();
        if (
            ReadPart(order, "total_tax_money", total.Currency, illegible, long.MinValue) is not { } tax
            || ReadPart(order, "total_discount_money", total.Currency, illegible, long.MinValue) is not { } discount
            || ReadPart(order, "total_service_charge_money", total.Currency, illegible, long.MinValue) is not { } charge
        )
            return (null, "The order's amounts are not all of its total's currency.");
        var version =
            order.TryGetProperty("version", out var versionElement)
            && versionElement.ValueKind == JsonValueKind.Number
            && versionElement.TryGetInt64(out var number)
                ? number
                : 0;
        return (new PosOrder(id, location, version, total.Currency, new PosBreakdown(tax, discount, charge)), Describe("order", illegible));
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

    // Square may fill in the customer's id later, or never. Who the guest is changes no amount, so text that is not valid Unicode is left
    // out and the payment counts.
    private static PosCustomer? ReadCustomer(JsonElement payment, ContactHasher? contacts)
    {
        try
        {
            var (id, email) = (ReadText(payment, "customer_id"), contacts?.HashEmail(ReadText(payment, "buyer_email_address")));
            return (id, email) == (null, null) ? null : new PosCustomer(id, email, PhoneHash: null);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
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

    // The main amount of an object, which names the currency of all its amounts.
    private static ((long Minor, string Currency) Total, string? Missing) ReadTotal(
        JsonElement parent,
        string name,
        string owner,
        long least = 0
    )
    {
        var money = ReadObject(parent, name);
        if (ReadMinorUnits(money) is not { } minor || minor < least || ReadText(money, "currency") is not { Length: 3 } code)
            return (default, $"The {owner} has no {name} with a whole amount{(least == 0 ? " of 0 or more" : "")} and a currency.");
        return Currency.Parse(code) is { } currency
            ? ((minor, currency), null)
            : (default, $"The {owner}'s {name} is in a currency that ISO 4217 does not have.");
    }

    // An amount beside the total. One that is missing is 0, and so is one that is not legible, which is named. An amount below zero or in
    // another currency contradicts the total: it can be neither added nor ignored.
    private static long? ReadPart(JsonElement parent, string name, string currency, List<string> illegible, long least = 0)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return 0;
        var money = ReadObject(parent, name);
        if (ReadMinorUnits(money) is { } minor && ReadText(money, "currency") is { } code)
            return minor >= least && Currency.Parse(code) == currency ? minor : null;
        illegible.Add(name);
        return 0;
    }

    private static string? Describe(string owner, List<string> illegible) =>
        illegible.Count == 0
            ? null
            : $"The {owner}'s {string.Join(" and ", illegible)} has no whole amount with a currency and is taken as 0.";

    private static long? ReadMinorUnits(JsonElement? money) =>
        money is { } element
        && element.TryGetProperty("amount", out var amount)
        && amount.ValueKind == JsonValueKind.Number
        && amount.TryGetInt64(out var minor)
            ? minor
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
