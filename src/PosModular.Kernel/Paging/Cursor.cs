using System.Buffers.Text;
using System.Globalization;
using System.Text;
using NodaTime;
using PosModular.Kernel.Errors;

namespace PosModular.Kernel.Paging;

/// <summary>Opaque keyset cursors: a kind, so that one list's cursor is not taken for another's, and the key's parts.</summary>
public static class Cursor
{
    public static string Encode(string kind, params ReadOnlySpan<string> parts) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(kind + "|" + string.Join('|', Escape(parts))));

    public static string EncodeTime(string kind, Instant at, Guid id) =>
        Encode(kind, (at.ToUnixTimeTicks() / 10).ToString(CultureInfo.InvariantCulture), id.ToString("N"));

    /// <summary>A place in one stream of a feed.</summary>
    public static string EncodeSequence(string kind, string stream, long seq) =>
        Encode(kind, stream, seq.ToString(CultureInfo.InvariantCulture));

    /// <summary>The parts of a cursor of this kind; throws INVALID_INPUT for anything else.</summary>
    public static string[] Decode(string kind, string cursor, int parts)
    {
        try
        {
            var read = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split('|');
            if (
                read.Length == parts + 1
                && read[0] == kind
                && read[1..].Select(Uri.UnescapeDataString).ToArray() is var plain
                && !plain.Any(part => part.Any(char.IsControl))
            )
                return plain;
        }
        catch (FormatException) { }
        throw InvalidCursor();
    }

    /// <summary>Throws INVALID_INPUT for a cursor that is not of this kind.</summary>
    public static (Instant At, Guid Id) DecodeTime(string kind, string cursor)
    {
        var parts = Decode(kind, cursor, 2);
        return
            long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var micros)
            && micros is > -62_000_000_000_000_000 and < 253_000_000_000_000_000
            && Guid.TryParseExact(parts[1], "N", out var id)
            ? (Instant.FromUnixTimeTicks(micros * 10), id)
            : throw InvalidCursor();
    }

    /// <summary>Throws INVALID_INPUT for a cursor that is not of this kind and stream, or lies beyond the feed's end: the database is younger
    /// than the client then, and it must start anew.</summary>
    public static long DecodeSequence(string kind, string stream, string cursor, long end)
    {
        var parts = Decode(kind, cursor, 2);
        if (parts[0] != stream || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
            throw InvalidCursor();
        return seq <= end
            ? seq
            : throw ApiError.InvalidInput(
                "after lies beyond the end of this feed, which must have been restored since. Subscribe without after."
            );
    }

    // A part may hold what parts are told apart by: the users of some identity providers are auth0|…
    private static string[] Escape(ReadOnlySpan<string> parts)
    {
        var escaped = parts.ToArray();
        for (var i = 0; i < escaped.Length; i++)
            escaped[i] = Uri.EscapeDataString(escaped[i]);
        return escaped;
    }

    private static ApiError InvalidCursor() =>
        ApiError.InvalidInput("after is not a cursor of this list. Pass endCursor, or the cursor of an edge, exactly as you got it.");
}
