using System.Text.Json;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using NodaTime;
using PosModular.Kernel.Amounts;

namespace Integrations.Toast;

/// <summary>Translates Toast's orders: a pure function over raw bytes. A transaction is a payment, not an order: an order has checks, and
/// a check has payments. Unknown fields are ignored. A payment that cannot be read does not affect the others; it is listed in
/// SkippedItems and kept with the raw event, which can be translated again. An event without any usable payment is unreadable. A tip
/// below zero makes its payment unreadable; a tip above the total is an amount below zero, which does the same.</summary>
/// <remarks>Source: Toast Orders API reference, Order, Check, Payment; Toast developer guide, Orders webhook. Toast reports no value that
/// is the same at each payment of a card (cardPaymentId is null for chip and keyed cards), so cards are never matched. The customer of a
/// check, which needs the scope guest.pi:read, is the guest of all its payments; webhooks leave out the phone number.</remarks>
internal static class ToastTranslator
{
    /// <param name="body">The body of a webhook.</param>
    /// <param name="currency">The restaurant's currency, which orders do not name; null when it is unknown: the location of the event can
    /// then be read, but its amounts cannot.</param>
    /// <param name="contacts">Hashes the guests' e-mail addresses and phone numbers; null leaves them out.</param>
    public static PosEvent Translate(ReadOnlyMemory<byte> body, string? currency, ContactHasher? contacts = null)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return Read(json.RootElement, currency, contacts);
        }
        catch (JsonException)
        {
            return Unreadable("The body is not JSON.");
        }
        catch (InvalidOperationException)
        {
            // The body contains a string that is not valid UTF-16 after its escapes are resolved, e.g. half a surrogate pair.
            return Unreadable("text that is not valid Unicode");
        }
    }

    private static PosEvent Read(JsonElement root, string? currency, ContactHasher? contacts)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return Unreadable("The body is not a JSON object.");
        var details = ReadObject(root, "details");
        var read = new PosEvent(
            ReadText(root, "guid"),
            ReadText(root, "eventType") ?? ReadText(root, "eventCategory"),
            null,
            ReadLocation(details),
            null,
            null
        );
        if (read.EventId is null)
            return read with { UnreadableReason = "The event has no guid." };
        if (read.Type is not ("order_updated" or "channel_order_updated"))
            return read;
        if (read.LocationId is not { } location)
            return read with { UnreadableReason = "The event has no details.restaurantGuid." };
        if (ReadObject(details, "order") is not { } order)
            return read with { UnreadableReason = "The event has no details.order." };
        if (Currency.Parse(currency) is not { } known)
            return read with
            {
                UnreadableReason =
                    "The currency of this restaurant is not known, because the location is not connected. Connect it with "
                    + "connectPos and replay the event.",
            };
        var (payments, skippedItems) = Order(order, location, known, contacts);
        string[] skipped = [.. skippedItems.Select(item => item.Reason)];
        return payments.Count == 0 && skipped.Length > 0
            ? read with
            {
                UnreadableReason = Summarize(skipped),
            }
            : read with
            {
                Observations = new PosObservations { Payments = payments, Refunds = RefundsOf(payments) },
                SkippedItems = skipped,
            };
    }

    /// <summary>The payments of an order from an event or from ordersBulk, and a reason for everything that could not be read. Orders in
    /// test mode and excess food (given away) are not transactions and are ignored.</summary>
    /// <param name="order">The order.</param>
    /// <param name="location">The restaurant for which the order was listed.</param>
    /// <param name="currency">The restaurant's currency, an existing one.</param>
    /// <param name="contacts">Hashes the guests' e-mail addresses and phone numbers; null leaves them out.</param>
    public static (IReadOnlyList<PosPayment> Payments, IReadOnlyList<SkippedItem> Skipped) Order(
        JsonElement order,
        string location,
        string currency,
        ContactHasher? contacts = null
    )
    {
        var (payments, skipped) = (new List<PosPayment>(), new List<SkippedItem>());
        try
        {
            if (ReadOrderHeader(order, location, currency, out var missing) is { } header)
                foreach (var check in ReadItems(order, "checks", $"Order {header.Id}: its checks are not a list.", skipped))
                    TranslateCheck(check, header, contacts, payments, skipped);
            else if (missing is not null)
                skipped.Add(Unusable(missing));
        }
        catch (InvalidOperationException)
        {
            skipped.Add(Unusable("The order contains text that is not valid Unicode."));
        }
        return (payments, skipped);
    }

    /// <summary>The refunds of these payments. Toast reports one sum for each payment, with the time of the last refund and without an id
    /// of its own, so the refund has the id of its payment, and all of it belongs to that time.</summary>
    public static IReadOnlyList<PosRefund> RefundsOf(IEnumerable<PosPayment> payments) =>
        [
            .. payments
                .Where(p => p.RefundedMinor > 0)
                .Select(p => new PosRefund(
                    p.ExternalId,
                    p.ExternalId,
                    p.OrderId,
                    p.LocationId,
                    RefundState.Completed,
                    p.RefundedMinor,
                    p.Currency,
                    Reason: null,
                    p.RefundedAt ?? p.OccurredAt,
                    p.UpdatedAt
                )),
        ];

    private sealed record OrderHeader(string Id, string Location, string Currency, Instant UpdatedAt, Instant? OpenedAt, bool IsCanceled);

    private static OrderHeader? ReadOrderHeader(JsonElement order, string location, string currency, out string? missing)
    {
        missing = null;
        if (order.ValueKind != JsonValueKind.Object)
            missing = "The order is not an object.";
        else if (ReadText(order, "guid") is not { } id)
            missing = "The order has no guid.";
        else if (
            ReadFlag(order, "createdInTestMode") is not { } test
            || ReadFlag(order, "excessFood") is not { } excess
            || ReadFlag(order, "voided") is not { } voided
            || ReadFlag(order, "deleted") is not { } deleted
        )
            missing = $"Order {id}: one of voided, deleted, createdInTestMode, excessFood is neither true nor false.";
        else if (test || excess)
            return null;
        else if (ToastTime.ReadField(order, "modifiedDate").At is not { } updated)
            missing = $"Order {id}: it has no readable modifiedDate.";
        else
            return new OrderHeader(
                id,
                location,
                currency,
                updated,
                ToastTime.ReadField(order, "openedDate").At ?? ToastTime.ReadField(order, "createdDate").At,
                voided || deleted
            );
        return null;
    }

    private static void TranslateCheck(
        JsonElement check,
        OrderHeader order,
        ContactHasher? contacts,
        List<PosPayment> payments,
        List<SkippedItem> skipped
    )
    {
        try
        {
            Read(check, order, contacts, payments, skipped);
        }
        catch (InvalidOperationException)
        {
            skipped.Add(Unusable($"Order {order.Id}: a check contains text that is not valid Unicode."));
        }
    }

    private static void Read(
        JsonElement check,
        OrderHeader order,
        ContactHasher? contacts,
        List<PosPayment> payments,
        List<SkippedItem> skipped
    )
    {
        var id = check.ValueKind == JsonValueKind.Object ? ReadText(check, "guid") : null;
        var name = $"Order {order.Id}, check {id ?? "(no guid)"}";
        if (
            check.ValueKind != JsonValueKind.Object
            || ReadFlag(check, "voided") is not { } voided
            || ReadFlag(check, "deleted") is not { } deleted
        )
        {
            skipped.Add(Unusable($"{name}: it is not an object, or voided or deleted is neither true nor false."));
            return;
        }
        var opened = ToastTime.ReadField(check, "openedDate").At ?? order.OpenedAt;
        var (read, whole) = (new List<(PosPayment Payment, long Amount)>(), true);
        foreach (var item in ReadItems(check, "payments", $"{name}: its payments are not a list.", skipped))
        {
            var (payment, amount, missing) = Payment(item, order with { IsCanceled = order.IsCanceled || voided || deleted }, opened);
            whole &= payment is not null;
            if (payment is null)
                skipped.Add(Unusable($"{name}: {missing}"));
            else
                read.Add((payment, amount));
        }
        if (read.Count == 0)
            return;
        // While one payment of the check is unreadable, its tax cannot be divided among the payments.
        var shares = whole ? Breakdowns(check, order.Currency, read) : null;
        if (shares is null && whole)
            skipped.Add(
                new SkippedItem(
                    SkippedKind.Order,
                    $"{name}: its tax, discounts and service charges are not all readable amounts; its payments are used without them.",
                    IsPartial: true
                )
            );
        var customer = ReadCustomer(check, contacts);
        payments.AddRange(
            read.Select(p =>
                p.Payment with
                {
                    Customer = customer,
                    Breakdown = shares?.GetValueOrDefault(p.Payment.ExternalId) ?? (shares is null ? null : NoBreakdown),
                }
            )
        );
    }

    // Who the guest is changes no amount, so a customer with text that is not valid Unicode is left out and the payments count.
    private static PosCustomer? ReadCustomer(JsonElement check, ContactHasher? contacts)
    {
        try
        {
            if (ReadObject(check, "customer") is not { } customer)
                return null;
            var read = new PosCustomer(
                ReadText(customer, "guid"),
                contacts?.HashEmail(ReadText(customer, "email")),
                contacts?.HashPhone(ReadText(customer, "phone"), ReadText(customer, "phoneCountryCode"))
            );
            return read is { Id: null, EmailHash: null, PhoneHash: null } ? null : read;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static readonly PosBreakdown NoBreakdown = new(0, 0, 0);

    private static (PosPayment? Payment, long Amount, string? Missing) Payment(JsonElement payment, OrderHeader order, Instant? opened)
    {
        try
        {
            if (payment.ValueKind != JsonValueKind.Object || ReadText(payment, "guid") is not { } id)
                return (null, 0, "a payment has no guid.");
            var (translated, amount, missing) = Payment(payment, id, order, opened);
            return (translated, amount, missing is null ? null : $"payment {id}: {missing}");
        }
        catch (InvalidOperationException)
        {
            return (null, 0, "a payment contains text that is not valid Unicode.");
        }
    }

    private static (PosPayment? Payment, long Amount, string? Missing) Payment(
        JsonElement payment,
        string id,
        OrderHeader order,
        Instant? opened
    )
    {
        var type = ReadText(payment, "type");
        if (PaymentStateOf(payment, type, order.IsCanceled) is not { } state)
            return (
                null,
                0,
                "its paymentStatus is not one that is known for "
                    + $"{(type is null ? "a payment without a type" : "a payment by card")}, so it is unknown whether it counts."
            );
        // The time at which the guest paid. A payment without it uses the opening time of its check or order, because both never change,
        // unlike the modification time.
        var (hasPaidDate, paid) = ToastTime.ReadField(payment, "paidDate");
        if (hasPaidDate && paid is null || (paid ?? opened) is not { } occurred)
            return (null, 0, "it has no readable paidDate.");
        if (
            !payment.TryGetProperty("amount", out var stated)
            || stated.ValueKind != JsonValueKind.Number
            || ReadMinorUnits(payment, "amount", order.Currency) is not { } amount
            || ReadMinorUnits(payment, "tipAmount", order.Currency) is not { } tip
        )
            return (null, 0, "its amount or tipAmount is not a readable amount of 0 or more, so its total is not known.");
        if (ReadRefunded(payment, order.Currency) is not { } refunded)
            return (null, 0, "its refund is not a readable amount of 0 or more.");
        return (
            new PosPayment(
                id,
                order.Id,
                order.Location,
                state,
                occurred,
                order.UpdatedAt,
                order.Currency,
                amount + tip,
                tip,
                refunded,
                PaymentMethodOf(type),
                ReadCard(payment, type)
            )
            {
                RefundedAt =
                    refunded > 0 && ReadObject(payment, "refund") is { } refund ? ToastTime.ReadField(refund, "refundDate").At : null,
            },
            amount,
            null
        );
    }

    /// <summary>Toast documents the status for cards only. Any other payment without one was received when it was entered. A card payment
    /// may have failed, so one with an unknown status is never counted.</summary>
    private static PaymentState? PaymentStateOf(JsonElement payment, string? type, bool canceled)
    {
        PaymentState? state = ReadText(payment, "paymentStatus") switch
        {
            "OPEN" or "PROCESSING" => PaymentState.Pending,
            "AUTHORIZED" or "AUTHORIZED_AT_RISK" or "CAPTURE_IN_PROGRESS" => PaymentState.Authorized,
            "CAPTURED" => PaymentState.Captured,
            "ERROR" or "ERROR_NETWORK" or "DENIED" => PaymentState.Failed,
            "VOIDED" or "CANCELLED" or "PROCESSING_VOID" or "VOIDED_AT_RISK" => PaymentState.Canceled,
            _ => null,
        };
        return canceled || IsVoided(payment) ? PaymentState.Canceled : state ?? (type is null or "CREDIT" ? null : PaymentState.Captured);
    }

    // An empty object does not mean that the payment was voided.
    private static bool IsVoided(JsonElement payment) =>
        ReadObject(payment, "voidInfo") is { } info && info.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.Null);

    // Nothing but the payment tells of a refund at Toast, so a payment whose refund is not legible would count for too much.
    private static long? ReadRefunded(JsonElement payment, string currency)
    {
        if (!payment.TryGetProperty("refund", out var refund) || refund.ValueKind == JsonValueKind.Null)
            return ReadText(payment, "refundStatus") is "PARTIAL" or "FULL" ? null : 0; // refunded by an unknown amount
        return
            refund.ValueKind == JsonValueKind.Object
            && ReadMinorUnits(refund, "refundAmount", currency) is { } amount
            && ReadMinorUnits(refund, "tipRefundAmount", currency) is { } tip
            ? amount + tip
            : null;
    }

    /// <summary>The breakdown of each payment's total. A check has tax, discounts (its own and those of its selections and modifiers) and
    /// service charges, which are divided among its payments in proportion to their amounts. A charged gratuity is a service charge: it
    /// is part of the amount and not of tipAmount, so it is not counted a second time as a tip. Voided and failed payments receive no
    /// share. The unpaid part of an open check keeps its own share.</summary>
    private static Dictionary<string, PosBreakdown>? Breakdowns(
        JsonElement check,
        string currency,
        List<(PosPayment Payment, long Amount)> payments
    )
    {
        try
        {
            return AllocateBreakdowns(check, currency, payments);
        }
        catch (InvalidOperationException)
        {
            return null; // text that is not valid Unicode
        }
    }

    private static Dictionary<string, PosBreakdown>? AllocateBreakdowns(
        JsonElement check,
        string currency,
        List<(PosPayment Payment, long Amount)> payments
    )
    {
        if (
            ToastAmount.Read(check, "taxAmount") is not { } tax
            || SumServiceCharges(check) is not { } charges
            || SumDiscounts(check) is not { } discounts
            || ToastAmount.ToMinorUnits(tax, currency) is not { } taxMinor
            || ToastAmount.ToMinorUnits(charges, currency) is not { } chargesMinor
            || ToastAmount.ToMinorUnits(discounts, currency) is not { } discountsMinor
        )
            return null;
        var paying = payments
            .Where(p => p.Payment.State is not (PaymentState.Canceled or PaymentState.Failed))
            .OrderBy(p => p.Payment.ExternalId, StringComparer.Ordinal)
            .ToArray();
        var due =
            ReadText(check, "paymentStatus") == "OPEN" && ReadMinorUnits(check, "totalAmount", currency) is { } total
                ? total - paying.Sum(p => (decimal)p.Amount)
                : 0;
        long[] weights = [.. paying.Select(p => p.Amount), .. due > 0 ? new[] { (long)due } : []];
        var (taxes, discounted, charged) = (
            ToastAmount.Allocate(taxMinor, weights),
            ToastAmount.Allocate(discountsMinor, weights),
            ToastAmount.Allocate(chargesMinor, weights)
        );
        var shares = new Dictionary<string, PosBreakdown>();
        for (var i = 0; i < paying.Length; i++)
            shares[paying[i].Payment.ExternalId] = new PosBreakdown(taxes[i], discounted[i], charged[i]);
        return shares;
    }

    private static decimal? SumServiceCharges(JsonElement check) =>
        Sum(check, "appliedServiceCharges", charge => ToastAmount.Read(charge, "chargeAmount"));

    // The discounts of the check itself and of all selections that are not voided; modifiers are selections within selections.
    private static decimal? SumDiscounts(JsonElement parent, string itemsName = "selections") =>
        Sum(parent, "appliedDiscounts", discount =>
            ReadText(discount, "processingState") == "VOID" ? 0 : ToastAmount.Read(discount, "discountAmount")
        )
            is { } own
        && Sum(parent, itemsName, selection => ReadFlag(selection, "voided") switch
            {
                true => 0,
                false => SumDiscounts(selection, "modifiers"),
                null => null,
            }) is { } inner
            ? own + inner
            : null;

    private static decimal? Sum(JsonElement parent, string itemsName, Func<JsonElement, decimal?> read)
    {
        if (!parent.TryGetProperty(itemsName, out var items) || items.ValueKind == JsonValueKind.Null)
            return 0;
        if (items.ValueKind != JsonValueKind.Array)
            return null;
        var sum = 0m;
        foreach (var item in items.EnumerateArray())
            if (item.ValueKind == JsonValueKind.Object && read(item) is { } amount)
                sum += amount;
            else
                return null;
        return sum;
    }

    private static PaymentMethod PaymentMethodOf(string? type) =>
        type switch
        {
            "CREDIT" => PaymentMethod.Card,
            "CASH" => PaymentMethod.Cash,
            "GIFTCARD" or "TOAST_SV" => PaymentMethod.GiftCard,
            "HOUSE_ACCOUNT" => PaymentMethod.HouseAccount,
            _ => PaymentMethod.Other,
        };

    private static PosCard? ReadCard(JsonElement payment, string? type)
    {
        if (type != "CREDIT")
            return null;
        var brand = ReadText(payment, "cardType") switch
        {
            "AMEX" => "AMERICAN_EXPRESS",
            "MC" => "MASTERCARD",
            "DINERS" or "DINERS_CLUB" => "DISCOVER_DINERS",
            "UNIONPAY" or "UNION_PAY" or "CHINA_UNION_PAY" => "CHINA_UNIONPAY",
            "UNKNOWN" => "OTHER_BRAND",
            var other => other,
        };
        var entry = ReadText(payment, "cardEntryMode") switch
        {
            { } chip when chip.StartsWith("EMV", StringComparison.Ordinal) => "EMV",
            "SAVED_CARD" => "ON_FILE",
            { } tapped when tapped.Contains("CONTACTLESS", StringComparison.Ordinal) => "CONTACTLESS",
            var other => other,
        };
        // Never more than the last four digits of a card number is kept.
        var last4 = ReadText(payment, "last4Digits") is { Length: 4 } digits && digits.All(char.IsAsciiDigit) ? digits : null;
        return (brand, last4, entry) == (null, null, null) ? null : new PosCard(brand, last4, entry, null);
    }

    // The amount in minor units, 0 or more; 0 when the field is missing.
    private static long? ReadMinorUnits(JsonElement parent, string name, string currency) =>
        ToastAmount.Read(parent, name) is >= 0 and { } units ? ToastAmount.ToMinorUnits(units, currency) : null;

    // A missing flag is false; anything but true and false is unreadable.
    private static bool? ReadFlag(JsonElement parent, string name) =>
        !parent.TryGetProperty(name, out var value)
            ? false
            : value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False or JsonValueKind.Null => false,
                _ => null,
            };

    private static SkippedItem Unusable(string reason) => new(SkippedKind.Payment, reason);

    // The reason of an event is for people, so a few examples suffice.
    private static string Summarize(string[] skipped) =>
        string.Join(" ", skipped.Take(5)) + (skipped.Length > 5 ? $" And {skipped.Length - 5} more." : "");

    private static JsonElement.ArrayEnumerator ReadItems(JsonElement parent, string name, string missing, List<SkippedItem> skipped)
    {
        if (!parent.TryGetProperty(name, out var items) || items.ValueKind == JsonValueKind.Null)
            return default;
        if (items.ValueKind == JsonValueKind.Array)
            return items.EnumerateArray();
        skipped.Add(Unusable(missing));
        return default;
    }

    // GUIDs are compared as text, so they are lower-cased.
    private static string? ReadLocation(JsonElement? details) => ReadText(details, "restaurantGuid")?.ToLowerInvariant();

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
