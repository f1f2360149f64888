using System.Globalization;
using System.Text.RegularExpressions;

namespace PosModular.Simulator.Toast;

/// <summary>Toast's dates: ISO 8601 with milliseconds and an offset without a colon, <c>2019-02-24T13:49:38.617+0000</c>.</summary>
internal static partial class ToastTime
{
    /// <summary>The deletedDate of anything not deleted.</summary>
    public static readonly DateTimeOffset NotDeleted = DateTimeOffset.UnixEpoch;

    public static string Format(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+0000'", CultureInfo.InvariantCulture);

    /// <summary>The <c>timestamp</c> of a webhook.</summary>
    public static string Timestamp(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// Null unless the text is exactly in Toast's format: no colon, no Z, no missing fraction. A plus that was not URL-encoded arrives as
    /// a space and is refused.
    /// </summary>
    public static DateTimeOffset? Parse(string text) =>
        Pattern().IsMatch(text)
        && DateTimeOffset.TryParseExact(
            text.Insert(text.Length - 2, ":"),
            "yyyy-MM-dd'T'HH:mm:ss.fffzzz",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var at
        )
            ? at.ToUniversalTime()
            : null;

    /// <summary>Parses a business date, yyyyMMdd; null when it is not one.</summary>
    public static int? ParseBusinessDate(string text) =>
        DateOnly.TryParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day.Year * 10_000 + day.Month * 100 + day.Day
            : null;

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}\z")]
    private static partial Regex Pattern();
}
