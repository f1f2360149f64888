namespace PosModular.Simulator.Demo;

/// <summary>
/// The present, or a past evening replayed fast, from 18:00 to 06:00 in each venue's local time. The evenings start with the last Friday
/// that is over at every venue, so that no sale lies in the future; after the latest finished evening the Friday is replayed, with more
/// sales.
/// </summary>
/// <param name="Date">The local date on which it starts.</param>
/// <param name="StartedAt">Real time at which its replay started.</param>
/// <param name="Speed">Seconds of the evening for each second of real time.</param>
/// <param name="IsNow">Whether it is the present, which passes at its own speed and does not end.</param>
internal sealed record Evening(DateOnly Date, DateTimeOffset StartedAt, double Speed, bool IsNow = false)
{
    private static readonly TimeOnly OpeningTime = new(18, 0);
    private static readonly TimeSpan Length = TimeSpan.FromHours(12);

    /// <summary>Late tips and refunds come within an hour after closing.</summary>
    private static readonly TimeSpan LateChanges = TimeSpan.FromHours(1);

    /// <summary>Real time at which its replay ends.</summary>
    public DateTimeOffset EndsAt => IsNow ? DateTimeOffset.MaxValue : StartedAt + Length / Speed;

    public static Evening Now(DateTimeOffset now) => new(DateOnly.FromDateTime(now.UtcDateTime), now, 1, IsNow: true);

    public static Evening First(DateTimeOffset now, double speed)
    {
        var last = LastFinishedDate(now);
        return new Evening(last.AddDays(-(((int)last.DayOfWeek - (int)DayOfWeek.Friday + 7) % 7)), now, speed);
    }

    public Evening Next() =>
        Date < LastFinishedDate(EndsAt) ? this with { Date = Date.AddDays(1), StartedAt = EndsAt } : First(EndsAt, Speed);

    /// <summary>The instant of 18:00 local time.</summary>
    public static DateTimeOffset OpensAt(DateOnly date, TimeZoneInfo zone) =>
        new(TimeZoneInfo.ConvertTimeToUtc(date.ToDateTime(OpeningTime), zone), TimeSpan.Zero);

    /// <summary>The venue's replayed time for a moment of real time.</summary>
    public DateTimeOffset VenueTimeAt(TimeZoneInfo zone, DateTimeOffset realTime) =>
        IsNow ? realTime : OpensAt(Date, zone) + (realTime - StartedAt) * Speed;

    /// <summary>Real time at which this much of the evening has passed.</summary>
    public DateTimeOffset RealTimeAfter(TimeSpan sinceOpening) => StartedAt + sinceOpening / Speed;

    private static DateOnly LastFinishedDate(DateTimeOffset now)
    {
        var date = DateOnly.FromDateTime(now.UtcDateTime);
        while (DemoVenue.All.Any(venue => OpensAt(date, venue.Zone) + Length + LateChanges > now))
            date = date.AddDays(-1);
        return date;
    }
}
