using System.Globalization;
using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;

namespace Analytics.Revenues;

/// <summary>How long each point of a series is.</summary>
internal enum Granularity
{
    /// <summary>An hour of the venue's day, counted from its cut-off.</summary>
    Hour,

    /// <summary>A venue day.</summary>
    Day,

    /// <summary>An ISO week of venue days, from Monday.</summary>
    Week,

    /// <summary>A calendar month of venue days.</summary>
    Month,
}

/// <summary>Revenue of a stretch of time, in the venue's currency.</summary>
/// <param name="From">Its start.</param>
/// <param name="To">Its end, exclusive.</param>
/// <param name="Label">For an axis: 2026-11-20T22:00 (local time), 2026-11-20, 2026-W47 or 2026-11.</param>
/// <param name="Total">What guests paid in captured sales, tips included.</param>
/// <param name="Count">Captured sales.</param>
/// <param name="Net">total − refunded.</param>
/// <param name="Refunded">Given back.</param>
/// <param name="Tip">Of the total.</param>
internal sealed record RevenuePoint(Instant From, Instant To, string Label, Money Total, long Count, Money Net, Money Refunded, Money Tip);

/// <summary>Revenue over time, from the totals by the quarter hour.</summary>
internal sealed class RevenueSeries(IDbContextFactory<AnalyticsDb> dbFactory)
{
    /// <summary>Empty points are filled. HOUR spans at most 31 days, everything else 3 years. Owner only; INVALID_INPUT for a longer or empty span.</summary>
    /// <param name="from">The first venue day.</param>
    /// <param name="to">The venue day after the last one.</param>
    /// <param name="by">How long each point is; a week or month is whole, also where from or to lies within it.</param>
    public async Task<IEnumerable<RevenuePoint>> HandleAsync(
        [Parent] IVenue venue,
        LocalDate from,
        LocalDate to,
        Granularity by,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        if (from >= to || from.Year < 1900 || to.Year > 2200 || Period.DaysBetween(from, to) > (by == Granularity.Hour ? 31 : 3 * 366))
            throw ApiError.InvalidInput("to lies after from, at most 31 days for HOUR and 3 years for the others.");
        var intervals = SplitIntoIntervals(venue, from, to, by).ToArray();
        var (start, end) = (intervals[0].From, intervals[^1].To);

        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var quarterHours = await db
            .RevenueBuckets.AsNoTracking()
            .Where(b => b.VenueId == venue.Id && b.Currency == venue.Currency && b.StartsAt >= start && b.StartsAt < end)
            .GroupBy(b => b.StartsAt)
            .Select(g => new
            {
                At = g.Key,
                Total = g.Sum(b => b.TotalMinor),
                Count = g.Sum(b => b.Count),
                Refunded = g.Sum(b => b.RefundedMinor),
                Tip = g.Sum(b => b.TipMinor),
            })
            .OrderBy(q => q.At)
            .ToListAsync(cancellationToken);
        var next = 0;
        return intervals
            .Select(s =>
            {
                var (total, count, refunded, tip) = (0L, 0L, 0L, 0L);
                for (; next < quarterHours.Count && quarterHours[next].At < s.To; next++)
                    (total, count, refunded, tip) = (
                        total + quarterHours[next].Total,
                        count + quarterHours[next].Count,
                        refunded + quarterHours[next].Refunded,
                        tip + quarterHours[next].Tip
                    );
                return new RevenuePoint(s.From, s.To, s.Label, Of(total), count, Of(total - refunded), Of(refunded), Of(tip));
            })
            .ToArray();

        Money Of(long minor) => new(minor, venue.Currency);
    }

    // Ends and starts are the same instants, so no sale falls between two points or into both.
    private static IEnumerable<(Instant From, Instant To, string Label)> SplitIntoIntervals(
        IVenue venue,
        LocalDate from,
        LocalDate to,
        Granularity by
    )
    {
        if (by == Granularity.Hour)
        {
            var (zone, end) = (venue.Zone(), venue.StartOf(to));
            for (var at = venue.StartOf(from); at < end; at += Duration.FromHours(1))
                yield return (
                    at,
                    Instant.Min(at + Duration.FromHours(1), end),
                    LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm").Format(at.InZone(zone).LocalDateTime)
                );
            yield break;
        }
        var day = by switch
        {
            Granularity.Week => from.PlusDays(1 - (int)from.DayOfWeek),
            Granularity.Month => new LocalDate(from.Year, from.Month, 1),
            _ => from,
        };
        while (day < to)
        {
            var following = by switch
            {
                Granularity.Week => day.PlusWeeks(1),
                Granularity.Month => day.PlusMonths(1),
                _ => day.PlusDays(1),
            };
            yield return (venue.StartOf(day), venue.StartOf(following), LabelOf(day, by));
            day = following;
        }
    }

    private static string LabelOf(LocalDate day, Granularity by) =>
        by switch
        {
            Granularity.Week => string.Create(
                CultureInfo.InvariantCulture,
                $"{NodaTime.Calendars.WeekYearRules.Iso.GetWeekYear(day)}-W{NodaTime.Calendars.WeekYearRules.Iso.GetWeekOfWeekYear(day):00}"
            ),
            Granularity.Month => string.Create(CultureInfo.InvariantCulture, $"{day.Year}-{day.Month:00}"),
            _ => LocalDatePattern.Iso.Format(day),
        };
}
