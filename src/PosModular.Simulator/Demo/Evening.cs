namespace PosModular.Simulator.Demo;

/// <summary>
/// A past evening played fast, from 18:00 to 06:00 by the clock of each venue at once. The evenings are those of the last
/// Friday and after it that are over at every venue, so that no sale lies in the future; after the last comes the Friday again,
/// which only gets busier.
/// </summary>
/// <param name="Date">The day it starts on.</param>
/// <param name="Began">When it was begun in real time.</param>
/// <param name="Speed">Seconds of the evening in a real one.</param>
internal sealed record Evening(DateOnly Date, DateTimeOffset Began, double Speed)
{
    private static readonly TimeOnly Opening = new(18, 0);
    private static readonly TimeSpan Length = TimeSpan.FromHours(12);

    /// <summary>The last guest's tip and refund come after closing; within an hour.</summary>
    private static readonly TimeSpan Stragglers = TimeSpan.FromHours(1);

    /// <summary>Real time.</summary>
    public DateTimeOffset Ends => Began + Length / Speed;

    public static Evening First(DateTimeOffset now, double speed)
    {
        var last = LastOver(now);
        return new Evening(last.AddDays(-(((int)last.DayOfWeek - (int)DayOfWeek.Friday + 7) % 7)), now, speed);
    }

    public Evening Next() => Date < LastOver(Ends) ? this with { Date = Date.AddDays(1), Began = Ends } : First(Ends, Speed);

    /// <summary>18:00 there.</summary>
    public static DateTimeOffset Opens(DateOnly date, TimeZoneInfo zone) =>
        new(TimeZoneInfo.ConvertTimeToUtc(date.ToDateTime(Opening), zone), TimeSpan.Zero);

    /// <summary>What time a moment of ours is at the venue.</summary>
    public DateTimeOffset At(TimeZoneInfo zone, DateTimeOffset real) => Opens(Date, zone) + (real - Began) * Speed;

    /// <summary>When, in real time, so much of the evening has gone by.</summary>
    public DateTimeOffset Real(TimeSpan sinceOpening) => Began + sinceOpening / Speed;

    private static DateOnly LastOver(DateTimeOffset now)
    {
        var date = DateOnly.FromDateTime(now.UtcDateTime);
        while (DemoVenue.All.Any(venue => Opens(date, venue.Zone) + Length + Stragglers > now))
            date = date.AddDays(-1);
        return date;
    }
}
