using System.Text;
using CsCheck;
using Integrations.Contracts.Connections;
using Integrations.Square;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Square;

/// <summary>The translator never throws, whatever the bytes: it gives a consistent payment or the reason why it cannot.</summary>
public sealed class SquareHostilePayloadTests
{
    private static readonly byte[] Example = SquareSample.Bytes("webhook.payment.updated.json");
    private static readonly string Text = Encoding.UTF8.GetString(Example);

    // Values that may be sent where another one is expected.
    private static readonly Gen<string> Value = Gen.OneOf(
        "null",
        "true",
        "0",
        "-1",
        "1.5",
        "1e999",
        "9223372036854775807",
        "9223372036854775808",
        "\"\"",
        "\"x\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"2020-11-22T21:16:51Z\"",
        "\"0000-00-00T00:00:00Z\"",
        "\"0001-01-01T00:00:00+14:00\"",
        "\"9999-12-31T23:59:59-14:00\"",
        "\"COMPLETED\"",
        "\"USD\"",
        "[]",
        "{}",
        "[[[]]]",
        "{\"amount\":1,\"currency\":\"USD\"}",
        "{\"amount\":{},\"currency\":[]}",
        "{\"\\ud800\":1}",
        "{\"a\":1,\"a\":2}"
    );

    private static readonly string[] Fields =
    [
        "event_id",
        "type",
        "merchant_id",
        "location_id",
        "data",
        "object",
        "payment",
        "id",
        "order_id",
        "status",
        "created_at",
        "updated_at",
        "total_money",
        "tip_money",
        "refunded_money",
        "amount",
        "currency",
        "card_details",
        "card",
        "card_brand",
        "last_4",
        "entry_method",
        "fingerprint",
        "source_type",
        "offline_payment_details",
        "client_created_at",
    ];

    private static PosEvent TranslateAndCheck(byte[] body)
    {
        var read = SquareTranslator.Translate(body);
        if (read.Observations?.Payments is [var payment])
        {
            read.UnreadableReason.ShouldBeNull();
            read.EventId.ShouldNotBeNullOrEmpty();
            read.LocationId.ShouldBe(payment.LocationId);
            payment.ExternalId.ShouldNotBeNullOrEmpty();
            payment.Currency.Length.ShouldBe(3);
            (payment.UpdatedAt.ToUnixTimeTicks() % 10).ShouldBe(0);
        }
        else if (read.EventId is null)
        {
            read.UnreadableReason.ShouldNotBeNullOrEmpty();
        }
        return read;
    }

    private static void ShouldBeUnreadable(ReadOnlySpan<byte> body, string reasonPart) =>
        TranslateAndCheck(body.ToArray()).UnreadableReason.ShouldNotBeNull().ShouldContain(reasonPart);

    [Fact]
    public void A_body_truncated_anywhere_is_not_json()
    {
        var end = Text.TrimEnd().Length;
        for (var length = 0; length < end; length++)
            SquareTranslator.Translate(Example.AsMemory(0, length)).UnreadableReason.ShouldBe("The body is not JSON.");
    }

    [Fact]
    public void Flipped_bytes_never_throw() =>
        Gen.Select(Gen.Int[0, Example.Length - 1], Gen.Byte)
            .Array[1, 4]
            .Sample(
                flips =>
                {
                    byte[] body = [.. Example];
                    foreach (var (at, to) in flips)
                        body[at] = to;
                    TranslateAndCheck(body);
                },
                iter: 3_000
            );

    [Fact]
    public void Random_bytes_never_throw() =>
        Gen
            .Byte.Array[0, 200]
            .Sample(body =>
            {
                TranslateAndCheck(body);
            });

    [Fact]
    public void Wrong_types_in_known_fields_never_throw() =>
        Gen.Select(Gen.OneOf(Fields), Value)
            .Array[1, 3]
            .Sample(
                changes =>
                {
                    var text = Text;
                    foreach (var (field, value) in changes)
                        text = text.Replace($"\"{field}\":", $"\"{field}\": {value}, \"was_{field}\":", StringComparison.Ordinal);
                    TranslateAndCheck(Encoding.UTF8.GetBytes(text));
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
        Gen.Select(shape, shape)
            .Sample(
                (payment, rest) =>
                {
                    TranslateAndCheck(Encoding.UTF8.GetBytes(rest));
                    TranslateAndCheck(
                        Encoding.UTF8.GetBytes(
                            $$$"""{"event_id":"e","type":"payment.updated","data":{"object":{"payment":{{{payment}}}}},"x":{{{rest}}}}"""
                        )
                    );
                },
                iter: 1_000
            );
    }

    [Fact]
    public void An_unpaired_surrogate_is_not_valid_text() =>
        ShouldBeUnreadable("""{"event_id":"\ud800","type":"payment.updated"}"""u8, "Unicode");

    [Fact]
    public void Bytes_that_are_not_utf8_are_unreadable() => ShouldBeUnreadable([.. "{\"event_id\":\""u8, 0xff, 0xfe, .. "\"}"u8], "not ");

    [Fact]
    public void A_nul_is_a_character_like_any_other() =>
        TranslateAndCheck("""{"event_id":"a\u0000b","type":"refund.created"}"""u8.ToArray()).EventId.ShouldBe("a\0b");

    [Fact]
    public void A_byte_order_mark_and_trailing_text_are_not_json()
    {
        ShouldBeUnreadable([0xef, 0xbb, 0xbf, .. Example], "not JSON");
        ShouldBeUnreadable([.. Example, .. "{}"u8], "not JSON");
    }

    [Fact]
    public void A_body_that_is_not_an_event_is_unreadable()
    {
        ShouldBeUnreadable("[]"u8, "not a JSON object");
        ShouldBeUnreadable("\"payment.updated\""u8, "not a JSON object");
        ShouldBeUnreadable("null"u8, "not a JSON object");
        ShouldBeUnreadable("42"u8, "not a JSON object");
        ShouldBeUnreadable(""u8, "not JSON");
        ShouldBeUnreadable("payload=%7B%7D"u8, "not JSON");
        ShouldBeUnreadable("{}"u8, "event_id");
    }

    [Fact]
    public void Nesting_beyond_the_limit_is_unreadable() =>
        ShouldBeUnreadable(Encoding.UTF8.GetBytes(new string('[', 100_000)), "not JSON");

    [Fact]
    public void The_last_of_duplicate_fields_counts() =>
        TranslateAndCheck("""{"event_id":"first","event_id":"last","type":"order.created"}"""u8.ToArray()).EventId.ShouldBe("last");
}
