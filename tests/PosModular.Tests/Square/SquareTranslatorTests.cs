using System.Text.Json;
using System.Text.Json.Nodes;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Integrations.Square;
using NodaTime;
using NodaTime.Text;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Square;

/// <summary>How Square's events are translated: its documentation examples, missing fields and unknown ones.</summary>
public sealed class SquareTranslatorTests
{
    private static readonly JsonNode PaymentUpdatedEvent = JsonNode.Parse(SquareSample.Bytes("webhook.payment.updated.json"))!;

    private static Instant InstantOf(string text) => InstantPattern.ExtendedIso.Parse(text).Value;

    private static PosEvent Translate(JsonNode json) => SquareTranslator.Translate(JsonSerializer.SerializeToUtf8Bytes(json));

    // Translates the example after one change to its payment.
    private static PosEvent TranslateChanged(Action<JsonNode> change)
    {
        var json = PaymentUpdatedEvent.DeepClone();
        change(json["data"]!["object"]!["payment"]!);
        return Translate(json);
    }

    private static PosPayment ReadPayment(Action<JsonNode> change)
    {
        var read = TranslateChanged(change);
        read.UnreadableReason.ShouldBeNull();
        return read.Observations.ShouldNotBeNull().Payments.ShouldHaveSingleItem();
    }

    private static void ShouldBeUnreadable(Action<JsonNode> change, string reasonPart)
    {
        var read = TranslateChanged(change);
        read.Observations.ShouldBeNull();
        read.UnreadableReason.ShouldNotBeNull().ShouldContain(reasonPart);
        read.EventId.ShouldBe("6a8f5f28-54a1-4eb0-a98a-3111513fd4fc"); // the event is stored under its own id
    }

    [Theory]
    [InlineData(
        "webhook.payment.created.json",
        "13b867cf-db3d-4b1c-90b6-2f32a9d78124",
        "payment.created",
        PaymentState.Authorized,
        "2020-11-22T21:16:51.198Z"
    )]
    [InlineData(
        "webhook.payment.updated.json",
        "6a8f5f28-54a1-4eb0-a98a-3111513fd4fc",
        "payment.updated",
        PaymentState.Captured,
        "2020-11-22T21:19:00.831Z"
    )]
    public void The_payment_examples_are_one_payment_authorized_and_captured(
        string file,
        string id,
        string type,
        PaymentState state,
        string updated
    )
    {
        var read = SquareTranslator.Translate(SquareSample.Bytes(file));

        (read with { Observations = null }).ShouldBe(new PosEvent(id, type, "6SSW7HV8K2ST5", "S8GWD5R9QB376", null, null));
        read.Observations.ShouldNotBeNull()
            .Payments.ShouldBe([
                new PosPayment(
                    "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
                    "03O3USaPaAaFnI6kkwB1JxGgBsUZY",
                    "S8GWD5R9QB376",
                    state,
                    InstantOf("2020-11-22T21:16:51.086Z"),
                    InstantOf(updated),
                    "USD",
                    100,
                    0,
                    0,
                    PaymentMethod.Card,
                    new PosCard("MASTERCARD", "9029", "KEYED", "sq-1-Tvruf3vPQxlvI6n0IcKYfBukrcv6IqWr8UyBdViWXU2yzGn5VMJvrsHMKpINMhPmVg")
                ),
            ]);
    }

    [Theory]
    [InlineData("webhook.refund.created.json", RefundState.Pending)]
    [InlineData("webhook.refund.updated.json", RefundState.Completed)]
    public void The_refund_examples_are_one_refund_pending_and_completed(string file, RefundState state)
    {
        var refund = SquareTranslator.Translate(SquareSample.Bytes(file)).Observations.ShouldNotBeNull().Refunds.ShouldHaveSingleItem();

        refund.State.ShouldBe(state);
        refund.PaymentId.ShouldNotBeNull();
        refund.AmountMinor.ShouldBePositive();
        refund.UpdatedAt.ShouldBeGreaterThanOrEqualTo(refund.CreatedAt);
    }

    [Theory]
    [InlineData("webhook.order.created.json")]
    [InlineData("webhook.order.updated.json")]
    public void The_order_examples_name_an_order_to_fetch(string file)
    {
        var read = SquareTranslator.Translate(SquareSample.Bytes(file));

        read.Observations.ShouldNotBeNull().ChangedOrderIds.ShouldHaveSingleItem().ShouldNotBeEmpty();
        read.LocationId.ShouldNotBeNull();
    }

    [Fact]
    public void An_event_of_another_type_is_readable_and_has_no_observations()
    {
        var read = SquareTranslator.Translate(
            """{"event_id":"e","type":"payout.sent","merchant_id":"M","data":{"object":{"payout":{}}}}"""u8.ToArray()
        );

        (read.EventId, read.Type, read.MerchantId).ShouldBe(("e", "payout.sent", "M"));
        (read.Observations, read.UnreadableReason).ShouldBe((null, null));
    }

    [Theory]
    [InlineData("retrieve-location.json")]
    [InlineData("test-webhook-subscription.json")]
    public void An_API_response_is_not_an_event(string file) =>
        SquareTranslator.Translate(SquareSample.Bytes(file)).UnreadableReason.ShouldNotBeNull().ShouldContain("event_id");

    [Theory]
    [InlineData("APPROVED", PaymentState.Authorized)]
    [InlineData("PENDING", PaymentState.Pending)]
    [InlineData("COMPLETED", PaymentState.Captured)]
    [InlineData("CANCELED", PaymentState.Canceled)]
    [InlineData("FAILED", PaymentState.Failed)]
    public void Every_status_has_its_state(string status, PaymentState state) =>
        ReadPayment(p => p["status"] = status).State.ShouldBe(state);

    [Theory]
    [InlineData("CARD", PaymentMethod.Card)]
    [InlineData("CASH", PaymentMethod.Cash)]
    [InlineData("WALLET", PaymentMethod.Wallet)]
    [InlineData("SQUARE_ACCOUNT", PaymentMethod.Wallet)]
    [InlineData("BANK_ACCOUNT", PaymentMethod.BankAccount)]
    [InlineData("BUY_NOW_PAY_LATER", PaymentMethod.BuyNowPayLater)]
    [InlineData("EXTERNAL", PaymentMethod.Other)]
    [InlineData("SOMETHING_NEW", PaymentMethod.Other)]
    public void Every_source_has_its_method(string source, PaymentMethod method) =>
        ReadPayment(p => p["source_type"] = source).Method.ShouldBe(method);

    [Fact]
    public void A_gift_card_has_its_own_payment_method() =>
        ReadPayment(p => p["card_details"]!["card"]!["card_brand"] = "SQUARE_GIFT_CARD").Method.ShouldBe(PaymentMethod.GiftCard);

    [Fact]
    public void Cash_has_no_card()
    {
        var payment = ReadPayment(p =>
        {
            p.AsObject().Remove("card_details");
            p["source_type"] = "CASH";
            p["cash_details"] = new JsonObject
            {
                ["buyer_supplied_money"] = new JsonObject { ["amount"] = 500, ["currency"] = "USD" },
            };
        });

        (payment.Method, payment.Card, payment.TotalMinor).ShouldBe((PaymentMethod.Cash, null, 100));
    }

    [Fact]
    public void The_total_includes_the_tip_and_is_not_the_amount()
    {
        var payment = ReadPayment(p =>
        {
            p["tip_money"] = new JsonObject { ["amount"] = 20, ["currency"] = "USD" };
            p["total_money"]!["amount"] = 120;
            p["refunded_money"] = new JsonObject { ["amount"] = 50, ["currency"] = "USD" };
        });

        (payment.TotalMinor, payment.TipMinor, payment.RefundedMinor).ShouldBe((120, 20, 50));
    }

    [Fact]
    public void An_offline_payment_occurred_at_the_clients_time() =>
        ReadPayment(p => p["offline_payment_details"] = new JsonObject { ["client_created_at"] = "2020-11-22T18:00:00Z" })
            .OccurredAt.ShouldBe(InstantOf("2020-11-22T18:00:00Z"));

    [Fact]
    public void An_offline_payment_without_the_clients_time_occurred_at_the_providers() =>
        ReadPayment(p => p["offline_payment_details"] = new JsonObject()).OccurredAt.ShouldBe(InstantOf("2020-11-22T21:16:51.086Z"));

    [Theory]
    [InlineData("2022-07-13T20:30:59.037339943Z", "2022-07-13T20:30:59.037339Z")]
    [InlineData("2022-07-13T20:30:59.9999999Z", "2022-07-13T20:30:59.999999Z")]
    [InlineData("2022-07-13T20:30:59Z", "2022-07-13T20:30:59Z")]
    [InlineData("2022-07-13T22:30:59.5+02:00", "2022-07-13T20:30:59.5Z")]
    [InlineData("2022-07-13T20:30:59.037-00:00", "2022-07-13T20:30:59.037Z")]
    public void Times_are_truncated_to_whole_microseconds(string given, string expected)
    {
        var payment = ReadPayment(p => (p["created_at"], p["updated_at"]) = (given, given));

        payment.UpdatedAt.ShouldBe(InstantOf(expected));
        payment.OccurredAt.ShouldBe(InstantOf(expected));
    }

    [Theory]
    [InlineData("id", "no id")]
    [InlineData("location_id", "location_id")]
    [InlineData("status", "status")]
    [InlineData("created_at", "created_at")]
    [InlineData("updated_at", "updated_at")]
    [InlineData("total_money", "total_money")]
    public void A_payment_without_a_required_field_is_unreadable(string field, string reasonPart)
    {
        ShouldBeUnreadable(p => p.AsObject().Remove(field), reasonPart);
        ShouldBeUnreadable(p => p[field] = null, reasonPart);
        ShouldBeUnreadable(p => p[field] = "", reasonPart);
        ShouldBeUnreadable(p => p[field] = new JsonArray(), reasonPart);
        ShouldBeUnreadable(p => p[field] = true, reasonPart);
    }

    [Theory]
    [InlineData("order_id")]
    [InlineData("card_details")]
    [InlineData("source_type")]
    [InlineData("tip_money")]
    [InlineData("refunded_money")]
    [InlineData("offline_payment_details")]
    [InlineData("version_token")]
    public void Optional_fields_may_be_missing_or_null(string field)
    {
        ReadPayment(p => p.AsObject().Remove(field)).TotalMinor.ShouldBe(100);
        ReadPayment(p => p[field] = null).TotalMinor.ShouldBe(100);
    }

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("1e400")]
    [InlineData("1.5")]
    [InlineData("\"100\"")]
    [InlineData("null")]
    [InlineData("[100]")]
    public void An_amount_that_is_not_a_64_bit_integer_is_unreadable(string amount) =>
        ShouldBeUnreadable(p => p["total_money"]!["amount"] = JsonNode.Parse(amount), "total_money");

    [Fact]
    public void The_largest_amount_is_readable() =>
        ReadPayment(p => p["total_money"]!["amount"] = long.MaxValue).TotalMinor.ShouldBe(long.MaxValue);

    [Theory]
    [InlineData("tip_money", """{"amount":5,"currency":"EUR"}""")]
    [InlineData("refunded_money", """{"amount":5,"currency":"EUR"}""")]
    [InlineData("tip_money", """{"amount":-1,"currency":"USD"}""")]
    [InlineData("refunded_money", """{"amount":-1,"currency":"USD"}""")]
    [InlineData("tip_money", """{"amount":101,"currency":"USD"}""")]
    public void An_amount_that_contradicts_the_total_is_unreadable(string part, string money) =>
        ShouldBeUnreadable(p => p[part] = JsonNode.Parse(money), part);

    [Theory]
    [InlineData("tip_money")]
    [InlineData("refunded_money")]
    public void An_amount_beside_the_total_that_is_not_legible_is_0_and_named(string part)
    {
        foreach (
            var money in new[] { """{"currency":"USD"}""", """{"amount":5}""", """{"amount":0.5,"currency":"USD"}""", "{}", "100", "[]" }
        )
        {
            var read = TranslateChanged(p => p[part] = JsonNode.Parse(money));

            read.UnreadableReason.ShouldBeNull(money);
            var payment = read.Observations.ShouldNotBeNull().Payments.ShouldHaveSingleItem();
            (payment.TotalMinor, payment.TipMinor, payment.RefundedMinor).ShouldBe((100, 0, 0), money);
            read.SkippedItems.ShouldHaveSingleItem().ShouldContain(part, Case.Sensitive, money);
        }
    }

    [Fact]
    public void A_tip_may_be_the_whole_total() =>
        ReadPayment(p => p["tip_money"] = new JsonObject { ["amount"] = 100, ["currency"] = "USD" }).TipMinor.ShouldBe(100);

    [Fact]
    public void A_currency_in_small_letters_is_read_in_capitals()
    {
        var payment = ReadPayment(p =>
        {
            p["total_money"]!["currency"] = "usd";
            p["tip_money"] = new JsonObject { ["amount"] = 5, ["currency"] = "Usd" };
        });

        (payment.Currency, payment.TipMinor).ShouldBe(("USD", 5));
    }

    [Theory]
    [InlineData("ZZZ")]
    [InlineData("XXX")]
    [InlineData("ısk")]
    public void A_total_in_an_unknown_currency_is_unreadable(string currency) =>
        ShouldBeUnreadable(p => p["total_money"]!["currency"] = currency, "ISO 4217");

    [Fact]
    public void An_order_is_read_without_an_amount_that_is_not_legible()
    {
        using var json = JsonDocument.Parse(
            """
            {"id":"o","location_id":"l","version":3,"total_money":{"amount":100,"currency":"usd"},"total_tax_money":{"amount":7,
            "currency":"USD"},"total_discount_money":{"currency":"USD"} }
            """
        );
        var (order, missing) = SquareTranslator.Order(json.RootElement);

        order.ShouldBe(new PosOrder("o", "l", 3, "USD", new PosBreakdown(7, 0, 0)));
        missing.ShouldNotBeNull().ShouldContain("total_discount_money");
    }

    [Theory]
    [InlineData("")]
    [InlineData("US")]
    [InlineData("DOLLARS")]
    public void A_total_without_a_currency_of_three_letters_is_unreadable(string currency) =>
        ShouldBeUnreadable(p => p["total_money"]!["currency"] = currency, "total_money");

    [Fact]
    public void Unknown_fields_and_values_are_ignored()
    {
        var payment = ReadPayment(p =>
        {
            p["something_new"] = new JsonObject { ["deep"] = new JsonArray(1, "two", null) };
            p["card_details"]!["entry_method"] = "TELEPATHY";
            p["card_details"]!["card"]!["card_brand"] = "NEW_BRAND";
            p["card_details"]!["status"] = 42;
            p["risk_evaluation"] = "none";
            p["capabilities"] = "EDIT_TIP_AMOUNT";
        });

        payment.Card.ShouldNotBeNull().ShouldBe(payment.Card! with { Brand = "NEW_BRAND", EntryMethod = "TELEPATHY" });
        payment.Method.ShouldBe(PaymentMethod.Card);
    }

    [Fact]
    public void Card_details_of_a_wrong_type_are_ignored()
    {
        ReadPayment(p => p["card_details"] = "VISA").Card.ShouldBeNull();
        ReadPayment(p => p["card_details"]!["card"] = 9029).Card.ShouldBeNull();
        ReadPayment(p => p["card_details"]!["card"]!["last_4"] = 9029).Card!.Last4.ShouldBeNull();
    }

    [Fact]
    public void The_customer_and_the_buyers_address_are_read_and_the_address_leaves_as_a_hash()
    {
        var contacts = new ContactHasher(new byte[ContactHasher.KeySize]);
        var json = PaymentUpdatedEvent.DeepClone();
        var payment = json["data"]!["object"]!["payment"]!;
        (payment["customer_id"], payment["buyer_email_address"]) = ("CUSTOMER", "Jack@example.com");

        var read = SquareTranslator.Translate(JsonSerializer.SerializeToUtf8Bytes(json), contacts).Observations.ShouldNotBeNull();

        read.Payments.ShouldHaveSingleItem().Customer.ShouldBe(new PosCustomer("CUSTOMER", contacts.HashEmail("jack@example.com"), null));
        read.ToString().ShouldNotContain("example.com");
    }

    [Fact]
    public void A_customer_that_is_not_legible_is_left_out_and_the_payment_counts()
    {
        ReadPayment(p => (p["customer_id"], p["buyer_email_address"]) = (7, new JsonArray())).Customer.ShouldBeNull();
        var body = PaymentUpdatedEvent.DeepClone();
        body["data"]!["object"]!["payment"]!["customer_id"] = "CUSTOMER";
        SquareTranslator
            .Translate(
                System.Text.Encoding.UTF8.GetBytes(body.ToJsonString().Replace("\"CUSTOMER\"", "\"\\ud800\"", StringComparison.Ordinal))
            )
            .Observations.ShouldNotBeNull()
            .Payments.ShouldHaveSingleItem()
            .Customer.ShouldBeNull();
    }

    [Fact]
    public void An_event_without_a_payment_in_it_is_unreadable()
    {
        foreach (var path in new[] { "payment", "object", "data" })
        {
            var json = PaymentUpdatedEvent.DeepClone();
            var holder = path switch
            {
                "payment" => json["data"]!["object"]!,
                "object" => json["data"]!,
                _ => json,
            };
            holder[path] = "gone";
            Translate(json).UnreadableReason.ShouldNotBeNull().ShouldContain("data.object.payment");
        }
    }

    [Fact]
    public void An_event_without_an_id_is_unreadable_but_its_merchant_is_read()
    {
        var json = PaymentUpdatedEvent.DeepClone();
        json["event_id"] = 7;
        var read = Translate(json);

        read.UnreadableReason.ShouldNotBeNull().ShouldContain("event_id");
        (read.EventId, read.Observations, read.MerchantId, read.Type).ShouldBe((null, null, "6SSW7HV8K2ST5", "payment.updated"));
    }
}
