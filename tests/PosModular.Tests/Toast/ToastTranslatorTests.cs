using System.Text.Json.Nodes;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Integrations.Toast;
using NodaTime;
using NodaTime.Text;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Toast;

/// <summary>How Toast's orders are translated: the examples of its guide, missing fields and unknown ones.</summary>
public sealed class ToastTranslatorTests
{
    private static Instant InstantOf(string text) => InstantPattern.ExtendedIso.Parse(text).Value;

    // Reads the guide's order after one change to its payment.
    private static PosPayment ReadPayment(Action<JsonNode>? change = null, string currency = "USD") =>
        ToastSample.Payments(ToastSample.Order(o => change?.Invoke(o.Payment())), currency).ShouldHaveSingleItem();

    private static void ShouldBeUnreadable(Action<JsonNode> change, string reasonPart)
    {
        var read = ToastSample.Translate(ToastSample.Order(change));
        read.Observations.ShouldBeNull();
        read.UnreadableReason.ShouldNotBeNull().ShouldContain(reasonPart);
        (read.EventId, read.LocationId).ShouldBe(("event-1", ToastSample.RestaurantId)); // the event is stored under its own id
    }

    // Reads one of the guide's payments within the guide's order.
    private static PosPayment ReadGuidePayment(string file) =>
        ToastSample.Payments(ToastSample.Order(o => o.Check()["payments"] = new JsonArray(ToastSample.Json(file)))).ShouldHaveSingleItem();

    [Fact]
    public void The_guides_order_is_one_card_payment()
    {
        var read = ToastSample.Translate(ToastSample.Order());

        read.SkippedItems.ShouldBeEmpty();
        (read with { Observations = null, SkippedItems = [] }).ShouldBe(
            new PosEvent("event-1", "order_updated", null, ToastSample.RestaurantId, null, null)
        );
        read.Observations.ShouldNotBeNull()
            .Payments.ShouldBe([
                new PosPayment(
                    "e8cee462-78b4-4d83-a8ac-6006903f36d7",
                    "017fdd94-4a30-4657-9475-b1a684758531",
                    ToastSample.RestaurantId,
                    PaymentState.Captured,
                    InstantOf("2019-02-24T13:49:38.617Z"),
                    InstantOf("2019-02-25T11:05:00.024Z"),
                    "USD",
                    106,
                    0,
                    0,
                    PaymentMethod.Card,
                    new PosCard("VISA", "1111", "PRE_AUTHED", null)
                )
                {
                    Breakdown = new PosBreakdown(6, 0, 0),
                },
            ]);
    }

    [Fact]
    public void The_guides_payments_are_captured_refunded_and_voided()
    {
        var captured = ReadGuidePayment("payment-captured-keyed.json");
        (captured.TotalMinor, captured.State, captured.RefundedMinor, captured.Card!.EntryMethod).ShouldBe(
            (5773, PaymentState.Captured, 0, "KEYED")
        );
        var refunded = ReadGuidePayment("payment-refunded-full.json");
        (refunded.TotalMinor, refunded.State, refunded.RefundedMinor).ShouldBe((636, PaymentState.Captured, 636));
        var voided = ReadGuidePayment("payment-voided-cash.json");
        (voided.TotalMinor, voided.State, voided.Method, voided.Card).ShouldBe((4280, PaymentState.Canceled, PaymentMethod.Cash, null));
    }

    [Fact]
    public void The_guides_webhook_is_readable_and_has_no_payment_yet()
    {
        var read = ToastTranslator.Translate(ToastSample.Bytes("webhook.order_updated.json"), "USD");

        (read.EventId, read.Type, read.LocationId).ShouldBe(
            ("534bf25a-b657-45aa-9a63-47f8f35400d6", "order_updated", "0cd990c9-fd74-461d-8468-de2a0919ccbba")
        );
        read.UnreadableReason.ShouldBeNull();
        read.Observations.ShouldNotBeNull().Payments.ShouldBeEmpty();
    }

    [Fact]
    public void The_guides_unpaid_order_has_no_payments() =>
        ToastSample.Payments(ToastSample.Json("orders-bulk.first-element.json")[0]!).ShouldBeEmpty();

    [Fact]
    public void An_error_response_is_not_an_event() =>
        ToastTranslator.Translate(ToastSample.Bytes("error-message.json"), "USD").UnreadableReason.ShouldNotBeNull().ShouldContain("guid");

    [Theory]
    [InlineData("order_updated", true)]
    [InlineData("channel_order_updated", true)]
    [InlineData("menus_updated", false)]
    public void Only_order_events_are_translated(string type, bool used)
    {
        var read = ToastTranslator.Translate(ToastSample.Event(ToastSample.Order(), type), "USD");

        (read.Type, read.UnreadableReason, read.Observations is not null).ShouldBe((type, null, used));
    }

    [Theory]
    [InlineData("OPEN", PaymentState.Pending)]
    [InlineData("PROCESSING", PaymentState.Pending)]
    [InlineData("AUTHORIZED", PaymentState.Authorized)]
    [InlineData("AUTHORIZED_AT_RISK", PaymentState.Authorized)]
    [InlineData("CAPTURE_IN_PROGRESS", PaymentState.Authorized)]
    [InlineData("CAPTURED", PaymentState.Captured)]
    [InlineData("ERROR", PaymentState.Failed)]
    [InlineData("ERROR_NETWORK", PaymentState.Failed)]
    [InlineData("DENIED", PaymentState.Failed)]
    [InlineData("VOIDED", PaymentState.Canceled)]
    [InlineData("CANCELLED", PaymentState.Canceled)]
    [InlineData("PROCESSING_VOID", PaymentState.Canceled)]
    [InlineData("VOIDED_AT_RISK", PaymentState.Canceled)]
    public void Every_status_has_its_state(string status, PaymentState state) =>
        ReadPayment(p => p["paymentStatus"] = status).State.ShouldBe(state);

    [Theory]
    [InlineData("CAPTURED_SOMEHOW")]
    [InlineData("")]
    [InlineData(null)]
    public void A_card_payment_with_an_unknown_status_is_unreadable(string? status)
    {
        ShouldBeUnreadable(o => o.Payment()["paymentStatus"] = status, "paymentStatus");
        ShouldBeUnreadable(o => (o.Payment()["paymentStatus"], o.Payment()["type"]) = (status, null), "paymentStatus");
    }

    [Theory]
    [InlineData("CASH")]
    [InlineData("GIFTCARD")]
    [InlineData("OTHER")]
    [InlineData("SOMETHING_NEW")]
    public void Any_other_payment_with_an_unknown_status_is_captured_unless_it_is_voided(string type)
    {
        foreach (var status in new string?[] { null, "SOMETHING_NEW" })
        {
            ReadPayment(p => (p["type"], p["paymentStatus"]) = (type, status)).State.ShouldBe(PaymentState.Captured);
            ReadPayment(p => (p["type"], p["paymentStatus"], p["voidInfo"]) = (type, status, new JsonObject { ["voidDate"] = null }))
                .State.ShouldBe(PaymentState.Captured);
            ReadPayment(p =>
                (p["type"], p["paymentStatus"], p["voidInfo"]) = (type, status, new JsonObject { ["voidBusinessDate"] = 20260101 })
            )
                .State.ShouldBe(PaymentState.Canceled);
        }
    }

    [Theory]
    [InlineData("CREDIT", PaymentMethod.Card)]
    [InlineData("CASH", PaymentMethod.Cash)]
    [InlineData("GIFTCARD", PaymentMethod.GiftCard)]
    [InlineData("TOAST_SV", PaymentMethod.GiftCard)]
    [InlineData("HOUSE_ACCOUNT", PaymentMethod.HouseAccount)]
    [InlineData("REWARDCARD", PaymentMethod.Other)]
    [InlineData("LEVELUP", PaymentMethod.Other)]
    [InlineData("UNDETERMINED", PaymentMethod.Other)]
    [InlineData("SOMETHING_NEW", PaymentMethod.Other)]
    public void Every_type_has_its_method(string type, PaymentMethod method)
    {
        var payment = ReadPayment(p => p["type"] = type);

        (payment.Method, payment.Card is null).ShouldBe((method, type != "CREDIT"));
    }

    [Theory]
    [InlineData("VISA", "SWIPED", "VISA", "SWIPED")]
    [InlineData("AMEX", "EMV_CHIP_SIGN", "AMERICAN_EXPRESS", "EMV")]
    [InlineData("MC", "CLIENT_CONTACTLESS", "MASTERCARD", "CONTACTLESS")]
    [InlineData("MASTERCARD", "CONTACTLESS", "MASTERCARD", "CONTACTLESS")]
    [InlineData("DISCOVER", "KEYED", "DISCOVER", "KEYED")]
    [InlineData("DINERS", "SAVED_CARD", "DISCOVER_DINERS", "ON_FILE")]
    [InlineData("NEW_BRAND", "TELEPATHY", "NEW_BRAND", "TELEPATHY")]
    [InlineData(null, null, null, null)]
    public void Card_brands_and_entry_methods_use_the_names_of_Square(
        string? brand,
        string? entry,
        string? expectedBrand,
        string? expectedEntry
    ) =>
        ReadPayment(p => (p["cardType"], p["cardEntryMode"]) = (brand, entry))
            .Card.ShouldBe(new PosCard(expectedBrand, "1111", expectedEntry, null));

    [Theory]
    [InlineData("4111111111111111")]
    [InlineData("11a1")]
    [InlineData("")]
    public void Only_a_card_number_of_exactly_four_digits_is_kept(string given) =>
        ReadPayment(p => p["last4Digits"] = given).Card!.Last4.ShouldBeNull();

    [Fact]
    public void The_total_includes_the_tip_and_a_refund_includes_the_refunded_tip()
    {
        var payment = ReadPayment(p =>
        {
            (p["amount"], p["tipAmount"], p["refundStatus"]) = (10.5m, 2.1m, "PARTIAL");
            p["refund"] = new JsonObject { ["refundAmount"] = 5.25m, ["tipRefundAmount"] = 1m };
        });

        (payment.TotalMinor, payment.TipMinor, payment.RefundedMinor, payment.State).ShouldBe((1260, 210, 625, PaymentState.Captured));
    }

    [Theory]
    [InlineData("PARTIAL")]
    [InlineData("FULL")]
    public void A_refund_without_an_amount_is_unreadable(string status) =>
        ShouldBeUnreadable(o => o.Payment()["refundStatus"] = status, "refund");

    [Theory]
    [InlineData("voided", true)]
    [InlineData("deleted", true)]
    [InlineData("voided", false)]
    [InlineData("deleted", false)]
    public void Payments_of_a_voided_or_deleted_order_or_check_are_canceled(string flag, bool ofOrder)
    {
        var payment = ToastSample.Payments(ToastSample.Order(o => (ofOrder ? o : o.Check())[flag] = true)).ShouldHaveSingleItem();

        (payment.State, payment.TotalMinor, payment.Breakdown).ShouldBe((PaymentState.Canceled, 106, new PosBreakdown(0, 0, 0)));
    }

    [Theory]
    [InlineData("voided")]
    [InlineData("deleted")]
    [InlineData("createdInTestMode")]
    public void A_flag_that_is_neither_true_nor_false_is_unreadable(string flag)
    {
        ShouldBeUnreadable(o => o[flag] = "true", "neither true nor false");
        ShouldBeUnreadable(o => o[flag] = 1, "neither true nor false");
    }

    [Theory]
    [InlineData("createdInTestMode")]
    [InlineData("excessFood")]
    public void Test_orders_and_excess_food_have_no_payments(string flag) =>
        ToastSample.Payments(ToastSample.Order(o => o[flag] = true)).ShouldBeEmpty();

    [Fact]
    public void A_payment_without_a_time_takes_the_opening_time_of_its_check_then_of_its_order()
    {
        ReadPayment(p => p["paidDate"] = null).OccurredAt.ShouldBe(InstantOf("2019-02-24T13:48:44.206Z"));
        ToastSample
            .Payments(
                ToastSample.Order(o =>
                {
                    (o.Payment()["paidDate"], o.Check()["openedDate"], o["openedDate"]) = (null, null, "2019-02-24T13:00:00.000+0000");
                })
            )
            .Single()
            .OccurredAt.ShouldBe(InstantOf("2019-02-24T13:00:00Z"));
        ShouldBeUnreadable(o => (o.Payment()["paidDate"], o.Check()["openedDate"], o["openedDate"]) = (null, null, null), "paidDate");
        ShouldBeUnreadable(o => o.Payment()["paidDate"] = "yesterday", "paidDate");
    }

    [Theory]
    [InlineData("2019-02-24T13:49:38.617+0000", "2019-02-24T13:49:38.617Z")]
    [InlineData("2019-02-24T13:49:38.617-0500", "2019-02-24T18:49:38.617Z")]
    [InlineData("2019-02-24T13:49:38.617+05:30", "2019-02-24T08:19:38.617Z")]
    [InlineData("2019-02-24T13:49:38.617Z", "2019-02-24T13:49:38.617Z")]
    [InlineData("2019-02-24T13:49:38+0000", "2019-02-24T13:49:38Z")]
    [InlineData("2019-02-24T13:49:38.123456789+0000", "2019-02-24T13:49:38.123456Z")]
    public void Dates_are_read_with_their_offset_in_every_format(string given, string expected) =>
        ToastSample.Payments(ToastSample.Order(o => o["modifiedDate"] = given)).Single().UpdatedAt.ShouldBe(InstantOf(expected));

    [Theory]
    [InlineData("2019-02-24T13:49:38.617")]
    [InlineData("2019-02-24")]
    [InlineData("1999-12-31T23:59:59.000+0000")]
    [InlineData("2200-01-01T00:00:00.000+0000")]
    [InlineData("9999-12-31T23:59:59.999+0000")]
    [InlineData("+0000")]
    [InlineData("0000")]
    [InlineData("")]
    [InlineData(null)]
    public void A_date_without_an_offset_or_out_of_range_is_unreadable(string? date) =>
        ShouldBeUnreadable(o => o["modifiedDate"] = date, "modifiedDate");

    [Fact]
    public void Query_dates_use_Toasts_format_and_their_rounding_leaves_no_gap()
    {
        ToastTime.FormatForQuery(InstantOf("2026-11-20T20:00:00.123456Z"), end: false).ShouldBe("2026-11-20T20%3A00%3A00.123%2B0000");
        ToastTime.FormatForQuery(InstantOf("2026-11-20T20:00:00.123456Z"), end: true).ShouldBe("2026-11-20T20%3A00%3A00.124%2B0000");
        ToastTime.FormatForQuery(InstantOf("2026-11-20T20:00:00.123Z"), end: true).ShouldBe("2026-11-20T20%3A00%3A00.123%2B0000");
    }

    [Theory]
    [InlineData("guid", "no guid")]
    [InlineData("amount", "amount")]
    public void A_payment_without_a_required_field_is_unreadable(string field, string reasonPart)
    {
        ShouldBeUnreadable(o => o.Payment().AsObject().Remove(field), reasonPart);
        ShouldBeUnreadable(o => o.Payment()[field] = null, reasonPart);
        ShouldBeUnreadable(o => o.Payment()[field] = new JsonArray(), reasonPart);
        ShouldBeUnreadable(o => o.Payment()[field] = true, reasonPart);
    }

    [Theory]
    [InlineData("amount", "-1")]
    [InlineData("amount", "1e400")]
    [InlineData("amount", "1e16")]
    [InlineData("amount", "\"1.06\"")]
    [InlineData("tipAmount", "-0.01")]
    [InlineData("tipAmount", "\"1\"")]
    [InlineData("refund", "{\"refundAmount\":\"6\"}")]
    [InlineData("refund", "{\"refundAmount\":-6}")]
    [InlineData("refund", "6")]
    public void An_invalid_amount_is_unreadable(string field, string value) =>
        ShouldBeUnreadable(o => o.Payment()[field] = JsonNode.Parse(value), "payment e8cee462-78b4-4d83-a8ac-6006903f36d7");

    [Theory]
    [InlineData("tipAmount")]
    [InlineData("refund")]
    [InlineData("refundStatus")]
    [InlineData("cardType")]
    [InlineData("last4Digits")]
    [InlineData("cardEntryMode")]
    [InlineData("voidInfo")]
    public void Optional_fields_may_be_missing_or_null(string field)
    {
        ReadPayment(p => p.AsObject().Remove(field)).TotalMinor.ShouldBe(106);
        ReadPayment(p => p[field] = null).TotalMinor.ShouldBe(106);
    }

    [Fact]
    public void An_unreadable_payment_is_reported_and_the_others_are_read()
    {
        var read = ToastSample.Translate(
            ToastSample.Order(o =>
            {
                o.Check().SetPayments(("p-good", 1), ("p-bad", 1));
                o.Payment(1)["paymentStatus"] = "SOMETHING_NEW";
                o["checks"]!.AsArray().Add("no check");
                o["checks"]!.AsArray().Add(ToastSample.Order(x => x.Check().SetPayments(("p-other", 2))).Check().DeepClone());
            })
        );

        read.UnreadableReason.ShouldBeNull();
        // The share of the unreadable payment is unknown, so the check's other payment has no breakdown either.
        read.Observations.ShouldNotBeNull()
            .Payments.Select(p => (p.ExternalId, p.Breakdown?.TaxMinor))
            .ShouldBe([("p-good", null), ("p-other", 6L)]);
        read.SkippedItems.Count.ShouldBe(2);
        read.SkippedItems[0].ShouldContain("p-bad");
    }

    [Fact]
    public void An_order_without_a_required_field_is_unreadable()
    {
        ShouldBeUnreadable(o => o.AsObject().Remove("guid"), "guid");
        ShouldBeUnreadable(o => o["checks"] = "none", "checks");
        ShouldBeUnreadable(o => o.Check()["payments"] = 7, "payments");
        ToastTranslator
            .Translate("""{"guid":"e","eventType":"order_updated","details":{"restaurantGuid":"r"}}"""u8.ToArray(), "USD")
            .UnreadableReason.ShouldNotBeNull()
            .ShouldContain("details.order");
        ToastTranslator
            .Translate("""{"guid":"e","eventType":"order_updated","details":{"order":{}}}"""u8.ToArray(), "USD")
            .UnreadableReason.ShouldNotBeNull()
            .ShouldContain("restaurantGuid");
        ToastTranslator
            .Translate("""{"eventType":"order_updated"}"""u8.ToArray(), "USD")
            .UnreadableReason.ShouldNotBeNull()
            .ShouldContain("guid");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("XXX")]
    public void Without_the_restaurants_currency_only_the_location_is_read(string? currency)
    {
        var read = ToastTranslator.Translate(
            ToastSample.Event(ToastSample.Order(), restaurantId: ToastSample.RestaurantId.ToUpperInvariant()),
            currency
        );

        (read.EventId, read.LocationId, read.Observations).ShouldBe(("event-1", ToastSample.RestaurantId, null));
        read.UnreadableReason.ShouldNotBeNull().ShouldContain("currency");
    }

    [Theory]
    [InlineData("USD", "57.730000000000004", 5773)]
    [InlineData("USD", "0.125", 12)]
    [InlineData("USD", "0.135", 14)]
    [InlineData("USD", "1E1", 1000)]
    [InlineData("USD", "0", 0)]
    [InlineData("JPY", "1500", 1500)]
    [InlineData("JPY", "1500.5", 1500)]
    [InlineData("KWD", "1.234", 1234)]
    [InlineData("KWD", "1.2345", 1234)]
    [InlineData("USD", "1000000000000000", 100_000_000_000_000_000)]
    public void Decimal_units_become_minor_units_of_the_restaurants_currency(string currency, string amount, long amountMinor) =>
        ReadPayment(p => p["amount"] = JsonNode.Parse(amount), currency).TotalMinor.ShouldBe(amountMinor);

    [Fact]
    public void The_customer_of_a_check_is_the_guest_of_all_its_payments_and_leaves_as_hashes()
    {
        var contacts = new ContactHasher(new byte[ContactHasher.KeySize]);
        var order = ToastSample.Order(o =>
        {
            o.Check().SetPayments(("a", 0.5m), ("b", 0.56m));
            o.Check()["customer"]!["guid"] = "customer-1";
        });

        var read = ToastTranslator.Translate(ToastSample.Event(order), "USD", contacts).Observations.ShouldNotBeNull();

        read.Payments.Select(p => p.Customer)
            .Distinct()
            .ShouldHaveSingleItem()
            .ShouldBe(new PosCustomer("customer-1", contacts.HashEmail("jack@example.com"), contacts.HashPhone("333-555-5555", null)));
        read.ToString().ShouldNotContain("example.com");
    }

    [Theory]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"guid\":7,\"email\":{},\"phone\":[]}")]
    [InlineData("{\"guid\":\"\\ud800\"}")]
    public void A_customer_that_is_not_legible_is_left_out_and_the_payment_counts(string customer)
    {
        var body = System.Text.Encoding.UTF8.GetString(ToastSample.Event(ToastSample.Order(o => o.Check()["customer"] = "CUSTOMER")));

        var read = ToastTranslator.Translate(
            System.Text.Encoding.UTF8.GetBytes(body.Replace("\"CUSTOMER\"", customer, StringComparison.Ordinal)),
            "USD",
            new ContactHasher(new byte[ContactHasher.KeySize])
        );

        var payment = read.Observations.ShouldNotBeNull().Payments.ShouldHaveSingleItem();
        (payment.TotalMinor, payment.Customer, read.SkippedItems.Count).ShouldBe((106, null, 0));
    }

    [Fact]
    public void Unknown_fields_are_ignored() =>
        ReadPayment(p =>
        {
            p["something_new"] = new JsonObject { ["deep"] = new JsonArray(1, "two", null) };
            p["houseAccount"] = 42;
            p["cashDrawer"] = "left";
        })
            .TotalMinor.ShouldBe(106);

    [Fact]
    public void A_currency_in_small_letters_is_read_in_capitals() =>
        ToastTranslator
            .Translate(ToastSample.Event(ToastSample.Order()), "usd")
            .Observations.ShouldNotBeNull()
            .Payments.ShouldAllBe(p => p.Currency == "USD");

    [Theory]
    [InlineData(10, -1)]
    [InlineData(-40, 50)] // a tip of 50.00 in a total of 10.00
    public void A_tip_below_zero_or_above_the_total_is_unreadable(int amount, int tip) =>
        ShouldBeUnreadable(o => (o.Payment()["amount"], o.Payment()["tipAmount"]) = (amount, tip), "amount or tipAmount");
}
