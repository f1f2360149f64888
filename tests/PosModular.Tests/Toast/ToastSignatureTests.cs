using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Integrations.Toast;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Toast;

/// <summary>Toast's signatures: values computed with OpenSSL, and forged ones.</summary>
public sealed class ToastSignatureTests
{
    private static readonly byte[] Key = "toast-secret"u8.ToArray();
    private static readonly byte[] Body =
        """{"timestamp":"2024-03-28T15:11:01.050Z","eventCategory":"order_updated","guid":"1"}"""u8.ToArray();
    private const string ValidSignature = "nLZ5tELZ7va9G8GpDyLIPIQo+HR8vS4gJyrMEJx7KII=";

    [Theory]
    [InlineData("toast-secret", """{"timestamp":"2024-03-28T15:11:01.050Z","eventCategory":"order_updated","guid":"1"}""", ValidSignature)]
    [InlineData(
        "kéy",
        """{"guid":"2","details":{"timestamp":"inner","name":"Café ☕"},"timestamp":"2026-11-20T20:00:00Z"}""",
        "MeHs740YT/2k6oPLLeRqVoe4YRar7biKvbvNGVSoXZQ="
    )]
    public void Signatures_computed_with_OpenSSL_are_valid(string key, string body, string signature) =>
        ToastSignature.IsValid(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(body), signature).ShouldBeTrue();

    [Fact]
    public void The_guides_event_is_verified_over_its_raw_bytes() =>
        ToastSignature
            .IsValid(Key, ToastSample.Bytes("webhook.order_updated.json"), "MIoWWitNHp3H95CjUVj7qLUW2vqmc/b+wVuoznQvA34=")
            .ShouldBeTrue();

    [Fact]
    public void A_body_with_any_changed_byte_is_invalid() =>
        Gen.Select(Gen.Int[0, Body.Length - 1], Gen.Byte[1, 255])
            .Sample(
                (at, flip) =>
                {
                    byte[] forged = [.. Body];
                    forged[at] ^= flip;
                    ToastSignature.IsValid(Key, forged, ValidSignature).ShouldBeFalse();
                }
            );

    [Fact]
    public void The_timestamp_is_taken_from_the_outermost_object_as_printed()
    {
        static string Of(string body) => Encoding.UTF8.GetString(ToastSignature.TimestampOf(Encoding.UTF8.GetBytes(body)));
        Of("""{"a":{"timestamp":"x"},"b":["timestamp",{"timestamp":"y"}],"timestamp":"z"}""").ShouldBe("z");
        Of("""{"timestamp":"2024\u002d03"}""").ShouldBe("2024\\u002d03");
        Of("""{"timestamp":"z"} and whatever follows""").ShouldBe("z");
        foreach (
            var body in new[]
            {
                "",
                "[]",
                "null",
                "{}",
                """{"timestamp":5}""",
                """{"timestamp":null}""",
                """{"a":{"timestamp":"x"}}""",
                """["timestamp"]""",
                "not json",
                """{"a":[1,"timestamp":"z"}""",
                """{"\ud800":1,"timestamp":""",
                $$"""{"timestamp":"{{new string('9', 65)}}"}""",
            }
        )
            Of(body).ShouldBe("");
    }

    [Fact]
    public void A_hostile_signature_is_refused_and_never_throws()
    {
        string?[] hostile =
        [
            null,
            "",
            " ",
            "\n",
            "=",
            "====",
            "not base64 at all",
            new('A', 43),
            new('A', 44),
            new('A', 64),
            new('A', 1_000_000),
            Convert.ToBase64String(new byte[31]),
            Convert.ToBase64String(new byte[32]),
            Convert.ToBase64String(new byte[33]),
            "é" + ValidSignature[1..],
            new('é', 44),
            string.Concat(Enumerable.Repeat("💣", 22)),
            "\0" + ValidSignature[1..],
            "\ud800" + ValidSignature[1..],
            ValidSignature[..^1],
            ValidSignature + "A",
            ValidSignature.ToUpperInvariant(),
            Convert.ToHexString(Convert.FromBase64String(ValidSignature)),
            "sha256=" + ValidSignature,
            // signed without the timestamp, and with the timestamp in front of the body
            Convert.ToBase64String(HMACSHA256.HashData(Key, Body)),
            Convert.ToBase64String(HMACSHA256.HashData(Key, (byte[])[.. "2024-03-28T15:11:01.050Z"u8, .. Body])),
        ];
        foreach (var signature in hostile)
            ToastSignature.IsValid(Key, Body, signature).ShouldBeFalse(signature ?? "(none)");
        Gen.Select(Gen.Byte.Array[0, 100], Gen.String[0, 70]).Sample((body, signature) => !ToastSignature.IsValid(Key, body, signature));
    }

    [Fact]
    public void Nothing_is_valid_without_a_key_or_a_timestamp()
    {
        ToastSignature
            .IsValid(
                [],
                Body,
                Convert.ToBase64String(HMACSHA256.HashData(Array.Empty<byte>(), (byte[])[.. Body, .. "2024-03-28T15:11:01.050Z"u8]))
            )
            .ShouldBeFalse();
        ToastSignature.IsValid(Key, "{}"u8, Convert.ToBase64String(HMACSHA256.HashData(Key, "{}"u8.ToArray()))).ShouldBeFalse();
        ToastSignature
            .IsValid(Key, """{"timestamp":""}"""u8, Convert.ToBase64String(HMACSHA256.HashData(Key, """{"timestamp":""}"""u8.ToArray())))
            .ShouldBeFalse();
    }
}
