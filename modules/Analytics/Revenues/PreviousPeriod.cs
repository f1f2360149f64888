using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;

namespace Analytics.Revenues;

/// <summary>The period before another one.</summary>
internal static class PreviousPeriod
{
    /// <summary>The period before, and the point in it up to which it is compared. Pure. While the later period runs, that is the same
    /// local time on the day before, a week before, or on the same day of the month or year before; afterwards it is the end of the
    /// period.</summary>
    /// <param name="venue">Supplies the time zone and the day cut-off.</param>
    /// <param name="period">The length of the period; not ALL.</param>
    /// <param name="span">The instants between which the later period lies.</param>
    /// <param name="now">The moment up to which the later period's figures reach.</param>
    public static (Instant From, Instant To, Instant Point) Of(
        IVenue venue,
        RevenuePeriod period,
        (Instant From, Instant To) span,
        Instant now
    )
    {
        var (first, zone) = (venue.BusinessDateOf(span.From), venue.Zone());
        var from = venue.StartOf(Before(first.AtMidnight(), period).Date);
        var point =
            now < span.From || now >= span.To
                ? span.From
                : Instant.Min(Instant.Max(zone.AtLeniently(Before(now.InZone(zone).LocalDateTime, period)).ToInstant(), from), span.From);
        return (from, span.From, point);
    }

    private static LocalDateTime Before(LocalDateTime at, RevenuePeriod period) =>
        period switch
        {
            RevenuePeriod.Day => at.PlusDays(-1),
            RevenuePeriod.Week => at.PlusWeeks(-1),
            RevenuePeriod.Month => at.PlusMonths(-1),
            _ => at.PlusYears(-1),
        };
}
