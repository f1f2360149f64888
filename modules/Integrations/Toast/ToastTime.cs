using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Time;

namespace Integrations.Toast;

/// <summary>Toast's dates: <c>2019-02-24T13:49:38.617+0000</c>, an offset without its colon; <c>+00:00</c> and <c>Z</c> are read too.</summary>
/// <remarks>Source: Toast developer guide, Orders API; the webhook's own timestamp ends in Z.</remarks>
internal static class ToastTime
{
    private static readonly InstantPattern Milliseconds = InstantPattern.CreateWithInvariantCulture(
        "uuuu'-'MM'-'dd'T'HH':'mm':'ss'.'fff'+0000'"
    );

    /// <summary>Null without an offset (it would be read in this machine's zone) and outside of 2000 to 2200, which is no sale's time.</summary>
    public static Instant? Read(string text)
    {
        if (text.Length > 5 && text[^5] is '+' or '-' && !text.AsSpan(text.Length - 4).ContainsAnyExceptInRange('0', '9'))
            text = text.Insert(text.Length - 2, ":");
        return OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true, Value: { Year: >= 2000 and < 2200 } time }
            ? time.ToInstant().ToMicroseconds()
            : null;
    }

    /// <summary>The date in a field; Given tells one that cannot be read from one that is not there.</summary>
    public static (bool Given, Instant? At) ReadField(JsonElement of, string name) =>
        !of.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null
            ? (false, null)
            : (true, value.ValueKind == JsonValueKind.String && value.GetString() is { } text ? Read(text) : null);

    /// <summary>For a query, percent-encoded. Whole milliseconds is all that Toast takes: a start is cut, an end goes up to the next one, so that
    /// nothing between is missed.</summary>
    public static string FormatForQuery(Instant at, bool end)
    {
        var milliseconds = at.ToUnixTimeMilliseconds();
        if (end && Instant.FromUnixTimeMilliseconds(milliseconds) < at)
            milliseconds++;
        return Uri.EscapeDataString(Milliseconds.Format(Instant.FromUnixTimeMilliseconds(milliseconds)));
    }
}
