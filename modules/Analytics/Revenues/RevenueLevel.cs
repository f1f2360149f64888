using NodaTime;

namespace Analytics.Revenues;

/// <summary>The lengths of time by which revenue is kept, each a whole number of the next shorter one, in UTC. The numbers are stored,
/// and SQL names them.</summary>
internal enum RevenueLevel : short
{
    QuarterHour = 0,
    Hour = 1,
    Day = 2,
    Month = 3,
}

internal static class RevenueLevels
{
    /// <summary>The start of the quarter hour, hour, day or month of UTC that contains an instant.</summary>
    public static Instant StartOf(this RevenueLevel level, Instant at) =>
        level switch
        {
            RevenueLevel.QuarterHour => StartOf(at, 15 * NodaConstants.TicksPerMinute),
            RevenueLevel.Hour => StartOf(at, NodaConstants.TicksPerHour),
            RevenueLevel.Day => StartOf(at, NodaConstants.TicksPerDay),
            _ => StartOf(at.InUtc().Date.With(DateAdjusters.StartOfMonth)),
        };

    /// <summary>The first start of a quarter hour, hour, day or month of UTC that is not before an instant.</summary>
    public static Instant FirstStartFrom(this RevenueLevel level, Instant at)
    {
        var start = level.StartOf(at);
        return start == at
            ? at
            : level switch
            {
                RevenueLevel.QuarterHour => start + Duration.FromMinutes(15),
                RevenueLevel.Hour => start + Duration.FromHours(1),
                RevenueLevel.Day => start + Duration.FromDays(1),
                _ => StartOf(start.InUtc().Date.PlusMonths(1)),
            };
    }

    private static Instant StartOf(LocalDate day) => day.AtMidnight().InUtc().ToInstant();

    private static Instant StartOf(Instant at, long ticksOfLevel)
    {
        var ticks = at.ToUnixTimeTicks();
        return Instant.FromUnixTimeTicks(ticks - ((ticks % ticksOfLevel) + ticksOfLevel) % ticksOfLevel);
    }
}
