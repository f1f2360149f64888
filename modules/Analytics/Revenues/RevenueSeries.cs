using System.Globalization;
using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;

namespace Analytics.Revenues;

/// <summary>The length of each point of a series.</summary>
internal enum Granularity
{
    /// <summary>One hour, counted from the venue's day cut-off.</summary>
    Hour,

    /// <summary>A business day of the venue, from one day cut-off to the next.</summary>
    Day,

    /// <summary>An ISO week of business days, starting on Monday.</summary>
    Week,

    /// <summary>A calendar month of business days.</summary>
    Month,
}

/// <summary>Revenue during an interval, in the venue's currency.</summary>
/// <param name="From">When the interval starts, inclusive.</param>
/// <param name="To">When the interval ends, exclusive.</param>
/// <param name="Label">A label for a chart's axis, different for each point of a series: 2026-11-20T22:00 (local time), 2026-11-20,
/// 2026-W47 or 2026-11. An hour that a clock change repeats also names the offset from UTC: 2026-10-25T02:00+02:00, then
/// 2026-10-25T02:00+01:00.</param>
/// <param name="Total">What guests paid in captured transactions, tips included.</param>
/// <param name="Count">The number of captured transactions, refunded ones included.</param>
/// <param name="Net">The total less refunds.</param>
/// <param name="Refunded">The amount refunded so far.</param>
/// <param name="Tip">The tips within the total.</param>
/// <param name="RefundsIssued">The refunds that were given in this interval, whatever the dates of their payments.</param>
/// <param name="NetAfterRefundsIssued">The total less refundsIssued.</param>
internal sealed record RevenuePoint(
    Instant From,
    Instant To,
    string Label,
    Money Total,
    long Count,
    Money Net,
    Money Refunded,
    Money Tip,
    Money RefundsIssued,
    Money NetAfterRefundsIssued
);

/// <summary>Answers from the totals by the quarter hour, hour, day and month.</summary>
internal sealed class RevenueSeries(NpgsqlDataSource database)
{
    private static readonly LocalDateTimePattern HourPattern = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm");

    private const string Sql = $"""
        select r.interval, s.*
        from unnest($3::int[], $4::smallint[], $5::timestamptz[], $6::timestamptz[]) r(interval, level, from_at, to_at)
        cross join lateral (
          select sum(t.total_minor)::bigint, sum(t.count)::bigint, sum(t.refunded_minor)::bigint, sum(t.tip_minor)::bigint,
            sum(t.refunds_issued_minor)::bigint
          from {RevenueTotals.OfAllLevels} t
          where t.venue_id = $1 and t.currency = $2 and t.level = r.level and t.starts_at >= r.from_at and t.starts_at < r.to_at
          having count(*) > 0) s
        """;

    /// <summary>Revenue over time in the venue's currency, with a point for every interval; without transactions its amounts are 0. The
    /// span is at most 31 days for HOUR and 3 years otherwise. Requires an owner of the venue. Errors: INVALID_INPUT for a longer or
    /// empty span.</summary>
    /// <param name="from">The first business day.</param>
    /// <param name="to">The business day after the last one.</param>
    /// <param name="by">The length of each point. Weeks and months are whole, even where from or to lies within one.</param>
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
            throw ApiError.InvalidInput("Pass a day for to that is after from, by at most 31 days for HOUR and 3 years otherwise.");
        var intervals = SplitIntoIntervals(venue, from, to, by).ToArray();
        var ranges = intervals
            .SelectMany((s, i) => RevenueRange.Split(s.From, s.To).Select(range => (Interval: i, Range: range)))
            .ToArray();
        var sums = new (long Total, long Count, long Refunded, long Tip, long Issued)[intervals.Length];

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection)
            .AddCommand(RevenueTotals.PlanSettings)
            .AddCommand(
                Sql,
                venue.Id,
                venue.Currency,
                ranges.Select(r => r.Interval).ToArray(),
                ranges.Select(r => (short)r.Range.Level).ToArray(),
                ranges.Select(r => r.Range.From).ToArray(),
                ranges.Select(r => r.Range.To).ToArray()
            );
        await using var rows = await RevenueTotals.ReadAsync(batch, cancellationToken);
        await rows.NextResultAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            ref var sum = ref sums[rows.GetInt32(0)];
            sum = checked(
                (
                    sum.Total + rows.GetInt64(1),
                    sum.Count + rows.GetInt64(2),
                    sum.Refunded + rows.GetInt64(3),
                    sum.Tip + rows.GetInt64(4),
                    sum.Issued + rows.GetInt64(5)
                )
            );
        }
        return intervals
            .Zip(sums, (at, sum) =>
                new RevenuePoint(
                    at.From,
                    at.To,
                    at.Label,
                    Of(sum.Total),
                    sum.Count,
                    Of(sum.Total - sum.Refunded),
                    Of(sum.Refunded),
                    Of(sum.Tip),
                    Of(sum.Issued),
                    Of(sum.Total - sum.Issued)
                )
            )
            .ToArray();

        Money Of(long minor) => new(minor, venue.Currency);
    }

    // Each interval ends at the instant at which the next one starts, so every transaction belongs to exactly one.
    internal static IEnumerable<(Instant From, Instant To, string Label)> SplitIntoIntervals(
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
                yield return (at, Instant.Min(at + Duration.FromHours(1), end), LabelOf(at.InZone(zone)));
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

    private static string LabelOf(ZonedDateTime hour) =>
        HourPattern.Format(hour.LocalDateTime)
        + (hour.Zone.MapLocal(hour.LocalDateTime).Count > 1 ? OffsetPattern.CreateWithInvariantCulture("m").Format(hour.Offset) : "");

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
