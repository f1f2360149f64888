using System.Buffers.Text;
using System.Globalization;
using System.Text;
using NodaTime;
using PosModular.Kernel.Errors;

namespace PosModular.Kernel.Paging;

/// <summary>Opaque keyset cursors. Each holds the parts of a sort key and the kind of its list, so that no list accepts another's
/// cursors.</summary>
public static class Cursor
{
    public static string Encode(string kind, params ReadOnlySpan<string> parts) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(kind + "|" + string.Join('|', Escape(parts))));

    public static string EncodeTime(string kind, Instant at, Guid id) =>
        Encode(kind, (at.ToUnixTimeTicks() / 10).ToString(CultureInfo.InvariantCulture), id.ToString("N"));

    /// <summary>A position in one stream of a feed.</summary>
    public static string EncodeSequence(string kind, string stream, long seq) =>
        Encode(kind, stream, seq.ToString(CultureInfo.InvariantCulture));

    /// <summary>Returns the parts of a cursor of this kind; throws INVALID_INPUT for any other text.</summary>
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

    /// <summary>Throws INVALID_INPUT for a cursor that is not of this kind and stream, or that lies beyond the end of the feed. The latter
    /// happens after a restore of an older backup; the client must then subscribe without a cursor.</summary>
    public static long DecodeSequence(string kind, string stream, string cursor, long end)
    {
        var parts = Decode(kind, cursor, 2);
        if (parts[0] != stream || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
            throw InvalidCursor();
        return seq <= end
            ? seq
            : throw ApiError.InvalidInput(
                "after lies beyond the end of this feed, which has probably been restored from a backup since. Subscribe without after."
            );
    }

    // A part may contain the separator itself: some identity providers issue user ids such as auth0|123.
    private static string[] Escape(ReadOnlySpan<string> parts)
    {
        var escaped = parts.ToArray();
        for (var i = 0; i < escaped.Length; i++)
            escaped[i] = Uri.EscapeDataString(escaped[i]);
        return escaped;
    }

    private static ApiError InvalidCursor() =>
        ApiError.InvalidInput("after is not a cursor of this list. Pass endCursor, or the cursor of an edge, exactly as you received it.");
}
