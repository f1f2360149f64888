using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;
using Integrations.Square;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Square;

/// <summary>Square's signatures: the vectors of its SDKs, and forged ones.</summary>
public sealed class SquareSignatureTests
{
    private static readonly byte[] Key = "signature-key"u8.ToArray();
    private static readonly byte[] Url = "https://pos.example.com/api/pos/webhooks/square"u8.ToArray();
    private static readonly byte[] Body = """{"event_id":"1"}"""u8.ToArray();
    private static readonly string ValidSignature = Sign(Key, Url, Body);

    public static TheoryData<string, string, string, string, string, bool> Vectors()
    {
        var data = new TheoryData<string, string, string, string, string, bool>();
        using var json = JsonDocument.Parse(SquareSample.Bytes("signature-vectors.json"));
        foreach (var vector in json.RootElement.GetProperty("vectors").EnumerateArray())
        {
            data.Add(
                Text("name"),
                Text("signature_key"),
                Text("notification_url"),
                Text("body"),
                Text("signature"),
                vector.GetProperty("valid").GetBoolean()
            );

            string Text(string name) => vector.GetProperty(name).GetString()!;
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Vectors_of_Squares_SDKs_give_the_documented_result(
        string name,
        string key,
        string url,
        string body,
        string signature,
        bool valid
    ) =>
        SquareSignature
            .IsValid(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(url), Encoding.UTF8.GetBytes(body), signature)
            .ShouldBe(valid, name);

    [Fact]
    public void A_correct_signature_is_valid() => SquareSignature.IsValid(Key, Url, Body, ValidSignature).ShouldBeTrue();

    [Fact]
    public void Signed_bytes_are_valid_and_a_body_with_a_changed_byte_is_not() =>
        Gen.Select(Gen.Byte.Array[1, 200], Gen.Byte.Array[1, 80], Gen.Byte.Array[1, 300], Gen.Int[0, 299], Gen.Byte[1, 255])
            .Sample(
                (key, url, body, at, flip) =>
                {
                    var signature = Sign(key, url, body);
                    SquareSignature.IsValid(key, url, body, signature).ShouldBeTrue();
                    byte[] forged = [.. body];
                    forged[at % body.Length] ^= flip;
                    SquareSignature.IsValid(key, url, forged, signature).ShouldBeFalse();
                }
            );

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
            "null",
            "not base64 at all",
            new('A', 43),
            new('A', 44),
            new('A', 64),
            new('A', 65),
            new('A', 1_000_000),
            Convert.ToBase64String(new byte[20]),
            Convert.ToBase64String(new byte[31]),
            Convert.ToBase64String(new byte[32]),
            Convert.ToBase64String(new byte[33]),
            Convert.ToBase64String(new byte[48]),
            "é" + ValidSignature[1..],
            new('é', 44),
            "💣",
            string.Concat(Enumerable.Repeat("💣", 32)),
            "\0" + ValidSignature[1..],
            "\ud800" + ValidSignature[1..],
            ValidSignature[..^1],
            ValidSignature[..^2],
            ValidSignature + "A",
            ValidSignature + ValidSignature[..20],
            ValidSignature.ToUpperInvariant(),
            ValidSignature.ToLowerInvariant(),
            Convert.ToHexString(Convert.FromBase64String(ValidSignature)),
            "sha256=" + ValidSignature,
        ];
        foreach (var signature in hostile)
            SquareSignature.IsValid(Key, Url, Body, signature).ShouldBeFalse(signature ?? "(none)");
    }

    [Fact]
    public void Random_signatures_are_refused() =>
        Gen.String[0, 70].Sample(signature => !SquareSignature.IsValid(Key, Url, Body, signature));

    [Fact]
    public void Nothing_is_valid_without_a_key_or_a_url()
    {
        SquareSignature.IsValid([], Url, Body, Sign([], Url, Body)).ShouldBeFalse();
        SquareSignature.IsValid(Key, [], Body, Sign(Key, [], Body)).ShouldBeFalse();
    }

    [Fact]
    public void An_empty_body_can_be_signed() => SquareSignature.IsValid(Key, Url, [], Sign(Key, Url, [])).ShouldBeTrue();

    private static string Sign(byte[] key, byte[] url, byte[] body) =>
        Convert.ToBase64String(HMACSHA256.HashData(key, url.Concat(body).ToArray()));
}
