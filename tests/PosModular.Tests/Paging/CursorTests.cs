using System.Buffers.Text;
using System.Text;
using CsCheck;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Paging;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Paging;

/// <summary>A cursor decodes to what was encoded. Anything else is INVALID_INPUT and never another error.</summary>
public sealed class CursorTests
{
    private const string Kind = "k";

    private static readonly string[] Hostile =
    [
        "",
        " ",
        "\0",
        "a\0b",
        "*",
        "****",
        "A",
        "AAA===",
        "%41",
        "../../etc",
        "💣",
        "\ud800",
        "null",
        "0",
        new('A', 1_000_000),
        new('*', 1_000_000),
        Cursor.Encode("other", "1"),
        Cursor.Encode("K", "1"),
        Cursor.Encode(Kind),
        Cursor.Encode(Kind, "1", "2", "3"),
        Cursor.Encode(Kind, ""),
        Cursor.Encode(Kind, "", ""),
        Cursor.Encode(Kind, "\0", "\0"),
        Cursor.Encode(Kind, "-1"),
        Cursor.Encode(Kind, "+1"),
        Cursor.Encode(Kind, " 1"),
        Cursor.Encode(Kind, "1e3"),
        Cursor.Encode(Kind, "0x1"),
        Cursor.Encode(Kind, "9223372036854775808"),
        Cursor.Encode(Kind, "1", "not a uuid"),
        Cursor.Encode(Kind, "1", Guid.Empty.ToString()),
        Cursor.Encode(Kind, "9223372036854775807", Guid.Empty.ToString("N")),
        Cursor.Encode(Kind, "-9223372036854775808", Guid.Empty.ToString("N")),
        Base64Url.EncodeToString([0xff, 0xfe, (byte)'|', 0x80]),
        Base64Url.EncodeToString("k|%00|%00"u8),
    ];

    [Fact]
    public void A_feed_position_survives_encoding() =>
        Gen.Long[0, long.MaxValue]
            .Sample(seq => Cursor.DecodeSequence(Kind, "v", Cursor.EncodeSequence(Kind, "v", seq), long.MaxValue) == seq);

    [Fact]
    public void A_position_of_another_venue_or_beyond_the_head_is_invalid_input()
    {
        ShouldBeRefused(() => Cursor.DecodeSequence(Kind, "w", Cursor.EncodeSequence(Kind, "v", 1), 5));
        ShouldBeRefused(() => Cursor.DecodeSequence(Kind, "v", Cursor.EncodeSequence(Kind, "v", 6), 5));
    }

    [Fact]
    public void A_time_and_an_id_survive_encoding() =>
        Gen.Select(Gen.Long[0, 4_102_444_800_000_000], Gen.Guid)
            .Sample(
                (micros, id) =>
                {
                    var at = Instant.FromUnixTimeTicks(micros * 10);
                    return Cursor.DecodeTime(Kind, Cursor.EncodeTime(Kind, at, id)) == (at, id);
                }
            );

    [Fact]
    public void Parts_survive_encoding() =>
        Gen.String[Gen.Char[' ', '~'], 0, 64].Sample(part => Cursor.Decode(Kind, Cursor.Encode(Kind, part), 1)[0] == part);

    [Fact]
    public void A_part_may_contain_the_separator() => // the user ids of some identity providers do
        Cursor.Decode(Kind, Cursor.Encode(Kind, "auth0|507f%7C"), 1).ShouldBe(["auth0|507f%7C"]);

    [Fact]
    public void A_hostile_feed_position_is_invalid_input()
    {
        foreach (var cursor in Hostile)
            ShouldBeRefused(() => Cursor.DecodeSequence(Kind, "v", cursor, long.MaxValue));
    }

    [Fact]
    public void A_hostile_time_is_invalid_input()
    {
        foreach (var cursor in Hostile)
            ShouldBeRefused(() => Cursor.DecodeTime(Kind, cursor));
    }

    [Fact]
    public void A_cursor_of_another_list_or_shape_is_invalid_input()
    {
        ShouldBeRefused(() => Cursor.Decode(Kind, Cursor.Encode("other", "1"), 1));
        ShouldBeRefused(() => Cursor.Decode(Kind, Cursor.Encode(Kind, "1", "2"), 1));
        ShouldBeRefused(() => Cursor.Decode(Kind, Base64Url.EncodeToString("k|with|bar"u8), 1));
    }

    [Fact]
    public void Random_text_is_read_or_refused_and_never_throws_another_error() =>
        Gen.OneOf(
                Gen.String,
                Gen.Byte.Array[0, 40].Select(b => Base64Url.EncodeToString(b)),
                Gen.String.Select(s => Cursor.Encode(Kind, s)),
                Gen.String.Select(s => Cursor.Encode(Kind, "1", s))
            )
            .Sample(cursor =>
            {
                ShouldBeReadOrRefused(() => Cursor.DecodeSequence(Kind, "v", cursor, long.MaxValue));
                ShouldBeReadOrRefused(() => Cursor.DecodeTime(Kind, cursor));
                ShouldBeReadOrRefused(() => Cursor.Decode(Kind, cursor, 1));
            });

    [Fact]
    public void A_cursor_needs_no_escaping_in_a_url() =>
        Gen.String.Sample(part => Cursor.Encode(Kind, part).All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));

    // A cursor's parts are sent to PostgreSQL, whose text cannot contain a NUL character.
    [Fact]
    public void A_cursor_that_contains_a_nul_is_invalid_input() =>
        Should.Throw<ApiError>(() => Cursor.Decode("venue", Cursor.Encode("venue", "a\0b"), 1)).Code.ShouldBe("INVALID_INPUT");

    [Fact]
    public void A_cursor_that_contains_an_escaped_nul_is_invalid_input() =>
        Should.Throw<ApiError>(() => Cursor.Decode("venue", Base64Url.EncodeToString("venue|a%00b"u8), 1)).Code.ShouldBe("INVALID_INPUT");

    private static void ShouldBeRefused(Action read) => Should.Throw<ApiError>(read).Code.ShouldBe("INVALID_INPUT");

    private static void ShouldBeReadOrRefused(Action read)
    {
        try
        {
            read();
        }
        catch (ApiError error)
        {
            error.Code.ShouldBe("INVALID_INPUT");
            Encoding.UTF8.GetByteCount(error.Message).ShouldBeLessThan(200); // the message does not repeat the cursor
        }
    }
}
