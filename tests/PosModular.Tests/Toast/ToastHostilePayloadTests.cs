using System.Text;
using CsCheck;
using Integrations.Contracts.Connections;
using Integrations.Toast;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Toast;

/// <summary>The translator never throws, whatever the bytes: it gives consistent payments or the reason why it cannot.</summary>
public sealed class ToastHostilePayloadTests
{
    private static readonly byte[] Example = ToastSample.Event(
        ToastSample.Order(o =>
        {
            o.Check().SetPayments(("p1", 1), ("p2", 0.06m));
            o.Check()["appliedServiceCharges"] = new System.Text.Json.Nodes.JsonArray(
                new System.Text.Json.Nodes.JsonObject { ["chargeAmount"] = 1, ["gratuity"] = true }
            );
            o.Check()["appliedDiscounts"] = new System.Text.Json.Nodes.JsonArray(
                new System.Text.Json.Nodes.JsonObject { ["discountAmount"] = 1, ["processingState"] = "APPLIED" }
            );
            o.Payment()["refund"] = new System.Text.Json.Nodes.JsonObject { ["refundAmount"] = 0.5m, ["tipRefundAmount"] = 0 };
        })
    );

    private static readonly string Text = Encoding.UTF8.GetString(Example);

    // Values that may be sent where another one is expected.
    private static readonly Gen<string> Value = Gen.OneOf(
        "null",
        "true",
        "0",
        "-1",
        "1.5",
        "1e999",
        "1e-999",
        "-1e15",
        "1e15",
        "9223372036854775808",
        "79228162514264337593543950335",
        "0.00000000000000000000000000000000001",
        "\"\"",
        "\"x\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"2020-11-22T21:16:51.000+0000\"",
        "\"0000-00-00T00:00:00+0000\"",
        "\"+0000\"",
        "\"9999-12-31T23:59:59-1400\"",
        "\"CAPTURED\"",
        "\"CREDIT\"",
        "[]",
        "{}",
        "[[[]]]",
        "[null]",
        "[{}]",
        "{\"refundAmount\":1}",
        "{\"voidDate\":1}",
        "{\"\\ud800\":1}",
        "{\"guid\\ud800\":1}",
        "{\"a\":1,\"a\":2}"
    );

    private static readonly string[] Fields =
    [
        "guid",
        "eventType",
        "eventCategory",
        "timestamp",
        "details",
        "restaurantGuid",
        "order",
        "checks",
        "payments",
        "modifiedDate",
        "openedDate",
        "createdDate",
        "paidDate",
        "voided",
        "deleted",
        "createdInTestMode",
        "excessFood",
        "taxAmount",
        "totalAmount",
        "appliedDiscounts",
        "discountAmount",
        "processingState",
        "appliedServiceCharges",
        "chargeAmount",
        "selections",
        "modifiers",
        "type",
        "amount",
        "tipAmount",
        "cardType",
        "cardEntryMode",
        "last4Digits",
        "paymentStatus",
        "refundStatus",
        "refund",
        "refundAmount",
        "tipRefundAmount",
        "voidInfo",
    ];

    private static readonly Gen<string?> Currency = Gen.OneOf<string?>("USD", "JPY", "KWD", "XXX", "", null);

    private static PosEvent TranslateAndCheck(byte[] body, string? currency)
    {
        var read = ToastTranslator.Translate(body, currency);
        if (read.EventId is null)
            read.UnreadableReason.ShouldNotBeNullOrEmpty();
        if (read.Observations is null)
            return read;
        read.UnreadableReason.ShouldBeNull();
        read.LocationId.ShouldNotBeNullOrEmpty();
        foreach (var payment in read.Observations.Payments)
        {
            payment.ExternalId.ShouldNotBeNullOrEmpty();
            (payment.LocationId, payment.Currency).ShouldBe((read.LocationId, currency));
            payment.TotalMinor.ShouldBeGreaterThanOrEqualTo(payment.TipMinor);
            payment.TipMinor.ShouldBeGreaterThanOrEqualTo(0);
            payment.RefundedMinor.ShouldBeGreaterThanOrEqualTo(0);
            (payment.UpdatedAt.ToUnixTimeTicks() % 10).ShouldBe(0);
            (payment.Card?.Fingerprint).ShouldBeNull();
        }
        return read;
    }

    [Fact]
    public void A_body_truncated_anywhere_is_not_json()
    {
        for (var length = 0; length < Example.Length; length++)
            ToastTranslator.Translate(Example.AsMemory(0, length), "USD").UnreadableReason.ShouldBe("The body is not JSON.");
    }

    [Fact]
    public void Flipped_bytes_never_throw() =>
        Gen.Select(Gen.Select(Gen.Int[0, Example.Length - 1], Gen.Byte).Array[1, 4], Currency)
            .Sample(
                (flips, currency) =>
                {
                    byte[] body = [.. Example];
                    foreach (var (at, to) in flips)
                        body[at] = to;
                    TranslateAndCheck(body, currency);
                },
                iter: 2_000
            );

    [Fact]
    public void Random_bytes_never_throw() =>
        Gen.Select(Gen.Byte.Array[0, 200], Currency)
            .Sample(
                (body, currency) =>
                {
                    TranslateAndCheck(body, currency);
                }
            );

    [Fact]
    public void Wrong_types_in_known_fields_never_throw() =>
        Gen.Select(Gen.Select(Gen.OneOf(Fields), Value).Array[1, 3], Currency)
            .Sample(
                (changes, currency) =>
                {
                    var text = Text;
                    foreach (var (field, value) in changes)
                        text = text.Replace($"\"{field}\":", $"\"{field}\": {value}, \"was_{field}\":", StringComparison.Ordinal);
                    TranslateAndCheck(Encoding.UTF8.GetBytes(text), currency);
                },
                iter: 3_000
            );

    [Fact]
    public void Random_json_never_throws()
    {
        var key = Gen.OneOf(Fields).Select(f => $"\"{f}\"");
        Gen<string> Nested(Gen<string> inner) =>
            Gen.OneOf(
                inner.Array[0, 3].Select(v => "[" + string.Join(',', v) + "]"),
                Gen.Select(key, inner).Array[0, 6].Select(m => "{" + string.Join(',', m.Select(p => p.Item1 + ":" + p.Item2)) + "}"),
                Value
            );
        var shape = Nested(Nested(Nested(Nested(Value))));
        Gen.Select(shape, shape, Currency)
            .Sample(
                (order, rest, currency) =>
                {
                    TranslateAndCheck(Encoding.UTF8.GetBytes(rest), currency);
                    TranslateAndCheck(
                        Encoding.UTF8.GetBytes(
                            $$$"""
                            {"guid":"e","eventType":"order_updated","details":{"restaurantGuid":"r","order":{{{order}}}},"x":{{{rest}}}}
                            """
                        ),
                        currency
                    );
                },
                iter: 1_000
            );
    }

    [Fact]
    public void A_body_that_is_not_an_event_is_unreadable()
    {
        foreach (
            var body in new[]
            {
                "[]",
                "null",
                "42",
                "",
                "payload=%7B%7D",
                "{}",
                "\"order_updated\"",
                "{\"guid\":\"\\ud800\"}",
                "\ufeff{}",
                new string('[', 100_000),
            }
        )
            TranslateAndCheck(Encoding.UTF8.GetBytes(body), "USD").UnreadableReason.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void A_thousand_unreadable_payments_give_a_short_reason()
    {
        var read = ToastSample.Translate(
            ToastSample.Order(o =>
                o.Check()["payments"] = new System.Text.Json.Nodes.JsonArray([
                    .. Enumerable.Range(0, 1_000).Select(_ => (System.Text.Json.Nodes.JsonNode?)1),
                ])
            )
        );

        read.UnreadableReason.ShouldNotBeNull().Length.ShouldBeLessThan(2_000);
        read.UnreadableReason.ShouldContain("995 more");
    }
}
