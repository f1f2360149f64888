using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Time;

namespace Integrations.Toast;

/// <summary>Parses and formats Toast's dates: <c>2019-02-24T13:49:38.617+0000</c>, with an offset without colon. <c>+00:00</c> and
/// <c>Z</c> are accepted too.</summary>
/// <remarks>Source: Toast developer guide, Orders API. The webhook's own timestamp ends in Z.</remarks>
internal static class ToastTime
{
    private static readonly InstantPattern Milliseconds = InstantPattern.CreateWithInvariantCulture(
        "uuuu'-'MM'-'dd'T'HH':'mm':'ss'.'fff'+0000'"
    );

    /// <summary>Null for a date without an offset, which would be read in this machine's zone, and for years outside 2000 to 2199, which
    /// cannot belong to a payment.</summary>
    public static Instant? Read(string text)
    {
        if (text.Length > 5 && text[^5] is '+' or '-' && !text.AsSpan(text.Length - 4).ContainsAnyExceptInRange('0', '9'))
            text = text.Insert(text.Length - 2, ":");
        return OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true, Value: { Year: >= 2000 and < 2200 } time }
            ? time.ToInstant().ToMicroseconds()
            : null;
    }

    /// <summary>The date in a field. Given is true when the field has a value, which distinguishes a malformed date from a missing
    /// one.</summary>
    public static (bool Given, Instant? At) ReadField(JsonElement parent, string name) =>
        !parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null
            ? (false, null)
            : (true, value.ValueKind == JsonValueKind.String && value.GetString() is { } text ? Read(text) : null);

    /// <summary>Formats a date for a query, percent-encoded. Toast accepts whole milliseconds only: a start is rounded down and an end is
    /// rounded up, so that nothing between is missed.</summary>
    public static string FormatForQuery(Instant at, bool end)
    {
        var milliseconds = at.ToUnixTimeMilliseconds();
        if (end && Instant.FromUnixTimeMilliseconds(milliseconds) < at)
            milliseconds++;
        return Uri.EscapeDataString(Milliseconds.Format(Instant.FromUnixTimeMilliseconds(milliseconds)));
    }
}
