using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;
using DayOfWeek = Integrations.Contracts.Calendar.DayOfWeek;

namespace Analytics.Revenues;

/// <summary>What an hour of the week brings on average.</summary>
/// <param name="Day">The day of the week of the business date, so that the hours after midnight belong to the evening before.</param>
/// <param name="Hour">The local hour at which it starts, 0 to 23.</param>
/// <param name="AverageTotal">What guests paid in captured transactions on average, in minor units rounded half to even; tips
/// included.</param>
/// <param name="AverageCount">The average number of captured transactions, refunded ones included.</param>
internal sealed record BusyHour(DayOfWeek Day, int Hour, Money AverageTotal, double AverageCount);

/// <summary>Answers from the totals by the quarter hour.</summary>
internal sealed class BusiestHours(NpgsqlDataSource database, IClock clock)
{
    private const int MaxDays = 366;

    private const string Sql = """
        select starts_at, sum(total_minor)::bigint, sum(count)::bigint from analytics.revenue_buckets
        where venue_id = $1 and currency = $2 and starts_at >= $3 and starts_at < $4 group by starts_at having sum(count) > 0
        """;

    /// <summary>The hours of the week with sales in the venue's currency, the largest average first. The average is over the hours of
    /// the span that have ended. The span is at most 366 days. Requires an owner of the venue. Errors: INVALID_INPUT for a longer or empty
    /// span.</summary>
    /// <param name="from">The first business date.</param>
    /// <param name="to">The business date after the last one.</param>
    public async Task<IEnumerable<BusyHour>> HandleAsync(
        [Parent] IVenue venue,
        LocalDate from,
        LocalDate to,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        if (from >= to || from.Year < 1900 || to.Year > 2200 || Period.DaysBetween(from, to) > MaxDays)
            throw ApiError.InvalidInput($"Pass a day for to that is after from, by at most {MaxDays} days.");
        var now = clock.Now();
        var end = Instant.Min(venue.StartOf(to), now - Duration.FromTicks(now.InZone(venue.Zone()).TickOfDay % NodaConstants.TicksPerHour));
        var hours = QuarterHours(venue, from, to, end).ToDictionary(q => q.At, q => (q.Date, q.Hour));
        var occurrences = hours.Values.Distinct().GroupBy(h => (h.Date.DayOfWeek, h.Hour)).ToDictionary(g => g.Key, g => g.LongCount());

        var sums = new Dictionary<(IsoDayOfWeek Day, int Hour), (long Total, long Count)>();
        await using var command = database.CreateCommand(Sql).AddValues(venue.Id, venue.Currency, venue.StartOf(from), end);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            var (date, hour) = hours[rows.GetFieldValue<Instant>(0)];
            var sum = sums.GetValueOrDefault((date.DayOfWeek, hour));
            sums[(date.DayOfWeek, hour)] = checked((sum.Total + rows.GetInt64(1), sum.Count + rows.GetInt64(2)));
        }
        return sums.Select(s => new BusyHour(
                (DayOfWeek)s.Key.Day,
                s.Key.Hour,
                new Money(Money.Average(s.Value.Total, occurrences[s.Key]), venue.Currency),
                (double)s.Value.Count / occurrences[s.Key]
            ))
            .OrderByDescending(h => h.AverageTotal.AmountMinor)
            .ThenBy(h => h.Day)
            .ThenBy(h => h.Hour)
            .ToArray();
    }

    // Each quarter hour of the span with its business date and local hour. An hour that a clock change repeats is one longer hour.
    private static IEnumerable<(Instant At, LocalDate Date, int Hour)> QuarterHours(IVenue venue, LocalDate from, LocalDate to, Instant end)
    {
        var zone = venue.Zone();
        for (var date = from; date < to; date = date.PlusDays(1))
        {
            var until = Instant.Min(venue.StartOf(date.PlusDays(1)), end);
            for (var at = venue.StartOf(date); at < until; at += Duration.FromMinutes(15))
                yield return (at, date, at.InZone(zone).Hour);
        }
    }
}
