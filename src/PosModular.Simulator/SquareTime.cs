using System.Globalization;

namespace PosModular.Simulator;

/// <summary>The timestamp formats that Square uses, all in UTC.</summary>
internal static class SquareTime
{
    /// <summary>Payments, refunds and webhook envelopes: <c>2020-02-06T21:27:30.792Z</c>.</summary>
    public static string Rfc3339(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Locations and token expiry: <c>2022-10-14T14:44:00Z</c>.</summary>
    public static string Rfc3339Seconds(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Webhook subscriptions: <c>2022-01-10 23:29:48 +0000 UTC</c>, which is not RFC 3339.</summary>
    public static string SubscriptionTimestamp(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture);

    /// <summary>Test notifications: nine fraction digits and Go's monotonic clock reading, as Square sends them.</summary>
    public static string TestResultTimestamp(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fffffff'45 +0000 UTC m=+3863.054453746'", CultureInfo.InvariantCulture);

    /// <summary>Square stores milliseconds. Truncating here makes listed timestamps equal to the ones that filters compare.</summary>
    public static DateTimeOffset TruncateToMilliseconds(DateTimeOffset at)
    {
        var ticks = at.UtcTicks;
        return new DateTimeOffset(ticks - ticks % TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
    }

    public static bool TryParse(string text, out DateTimeOffset at) =>
        DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out at
        );
}
