namespace PosModular.Simulator.Demo;

/// <summary>
/// A past evening played fast, from 18:00 to 06:00 by the clock of each venue at once. The evenings are those of the last
/// Friday and after it that are over at every venue, so that no sale lies in the future; after the last comes the Friday again,
/// which only gets busier.
/// </summary>
/// <param name="Date">The day it starts on.</param>
/// <param name="StartedAt">When it was begun in real time.</param>
/// <param name="Speed">Seconds of the evening in a real one.</param>
internal sealed record Evening(DateOnly Date, DateTimeOffset StartedAt, double Speed)
{
    private static readonly TimeOnly OpeningTime = new(18, 0);
    private static readonly TimeSpan Length = TimeSpan.FromHours(12);

    /// <summary>The last guest's tip and refund come after closing; within an hour.</summary>
    private static readonly TimeSpan LateChanges = TimeSpan.FromHours(1);

    /// <summary>Real time.</summary>
    public DateTimeOffset EndsAt => StartedAt + Length / Speed;

    public static Evening First(DateTimeOffset now, double speed)
    {
        var last = LastFinishedDate(now);
        return new Evening(last.AddDays(-(((int)last.DayOfWeek - (int)DayOfWeek.Friday + 7) % 7)), now, speed);
    }

    public Evening Next() => Date < LastFinishedDate(EndsAt) ? this with { Date = Date.AddDays(1), StartedAt = EndsAt } : First(EndsAt, Speed);

    /// <summary>18:00 there.</summary>
    public static DateTimeOffset OpensAt(DateOnly date, TimeZoneInfo zone) =>
        new(TimeZoneInfo.ConvertTimeToUtc(date.ToDateTime(OpeningTime), zone), TimeSpan.Zero);

    /// <summary>What time a moment of ours is at the venue.</summary>
    public DateTimeOffset VenueTimeAt(TimeZoneInfo zone, DateTimeOffset realTime) => OpensAt(Date, zone) + (realTime - StartedAt) * Speed;

    /// <summary>When, in real time, so much of the evening has gone by.</summary>
    public DateTimeOffset RealTimeAfter(TimeSpan sinceOpening) => StartedAt + sinceOpening / Speed;

    private static DateOnly LastFinishedDate(DateTimeOffset now)
    {
        var date = DateOnly.FromDateTime(now.UtcDateTime);
        while (DemoVenue.All.Any(venue => OpensAt(date, venue.Zone) + Length + LateChanges > now))
            date = date.AddDays(-1);
        return date;
    }
}
