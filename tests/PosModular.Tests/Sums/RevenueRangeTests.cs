using Analytics.Revenues;
using CsCheck;
using Integrations.Contracts.Calendar;
using NodaTime;
using NodaTime.Text;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Sums;

public sealed class RevenueRangeTests
{
    private static readonly Instant Start = Instant.FromUtc(2019, 12, 31, 0, 0);

    // Spans of minutes to years, most of which begin and end at a quarter hour, as all of this century do.
    private static readonly Gen<(Instant From, Instant To)> SpanGen = Gen.Select(
            Gen.Int[0, 96 * 800],
            Gen.OneOf(Gen.Int[-1, 8], Gen.Int[0, 200], Gen.Int[0, 96 * 70], Gen.Int[0, 96 * 366 * 11]),
            Gen.Frequency((4, Gen.Const(0)), (1, Gen.Int[1, 14]))
        )
        .Select(
            (from, length, minutes) =>
            {
                var start = Start + Duration.FromMinutes(from * 15L + minutes);
                return (start, start + Duration.FromMinutes(length * 15L));
            }
        );

    [Fact]
    public void The_ranges_cover_a_span_exactly_once_with_whole_units_of_their_level() =>
        SpanGen.Sample(
            (from, to) =>
            {
                var next = from;
                foreach (var range in RevenueRange.Split(from, to))
                {
                    range.From.ShouldBe(next);
                    range.To.ShouldBeGreaterThan(range.From);
                    if (range.Level != RevenueLevel.QuarterHour)
                    {
                        range.Level.StartOf(range.From).ShouldBe(range.From);
                        range.Level.StartOf(range.To).ShouldBe(range.To);
                    }
                    next = range.To;
                }
                next.ShouldBe(Instant.Max(from, to));
            }
        );

    [Fact]
    public void A_span_is_split_into_at_most_seven_ranges_and_few_totals_of_each_level() =>
        SpanGen.Sample(
            (from, to) =>
            {
                var ranges = RevenueRange.Split(from, to).ToArray();

                ranges.Length.ShouldBeLessThanOrEqualTo(7);
                Total(RevenueLevel.QuarterHour).ShouldBeLessThanOrEqualTo(Duration.FromMinutes(2 * 59));
                Total(RevenueLevel.Hour).ShouldBeLessThanOrEqualTo(Duration.FromHours(2 * 23));
                Total(RevenueLevel.Day).ShouldBeLessThanOrEqualTo(Duration.FromDays(2 * 30));

                Duration Total(RevenueLevel level) =>
                    ranges.Where(r => r.Level == level).Aggregate(Duration.Zero, (sum, r) => sum + (r.To - r.From));
            }
        );

    [Theory]
    [InlineData("America/New_York", 6)]
    [InlineData("Asia/Kathmandu", 0)]
    [InlineData("Australia/Lord_Howe", 4)]
    public void Ten_years_of_a_venue_are_read_in_fewer_than_300_totals(string timeZone, int cutoff)
    {
        var zone = DateTimeZoneProviders.Tzdb[timeZone];
        Instant StartOf(int year) => BusinessDates.Start(new LocalDate(year, 1, 1), zone, new LocalTime(cutoff, 0));

        var ranges = RevenueRange.Split(StartOf(2020), StartOf(2030)).ToArray();

        ranges.Sum(TotalsIn).ShouldBeLessThan(300);
        ranges.Count(r => r.Level == RevenueLevel.Month).ShouldBe(1);

        static int TotalsIn(RevenueRange range)
        {
            var totals = 0;
            for (var at = range.From; at < range.To; at = range.Level.FirstStartFrom(at + Duration.FromTicks(1)))
                totals++;
            return totals;
        }
    }

    [Theory]
    [InlineData(0, "2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z")]
    [InlineData(0, "2026-11-20T12:14:59.999999Z", "2026-11-20T12:00:00Z")]
    [InlineData(0, "2026-11-20T12:15:00Z", "2026-11-20T12:15:00Z")]
    [InlineData(0, "1969-12-31T23:59:59Z", "1969-12-31T23:45:00Z")]
    [InlineData(0, "1969-12-31T23:45:00Z", "1969-12-31T23:45:00Z")]
    [InlineData(1, "2026-11-20T12:59:59.999999Z", "2026-11-20T12:00:00Z")]
    [InlineData(1, "1969-12-31T22:15:00Z", "1969-12-31T22:00:00Z")]
    [InlineData(2, "2026-11-20T23:59:59.999999Z", "2026-11-20T00:00:00Z")]
    [InlineData(2, "1969-12-30T00:15:00Z", "1969-12-30T00:00:00Z")]
    [InlineData(3, "2024-02-29T23:59:59.999999Z", "2024-02-01T00:00:00Z")]
    [InlineData(3, "2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z")]
    [InlineData(3, "1969-12-31T23:59:59Z", "1969-12-01T00:00:00Z")]
    public void An_instant_belongs_to_its_quarter_hour_hour_day_and_month(int level, string at, string start) =>
        InstantPattern.ExtendedIso.Format(((RevenueLevel)level).StartOf(InstantPattern.ExtendedIso.Parse(at).Value)).ShouldBe(start);

    [Theory]
    [InlineData(0, "2026-11-20T12:00:01Z", "2026-11-20T12:15:00Z")]
    [InlineData(1, "2026-11-20T23:15:00Z", "2026-11-21T00:00:00Z")]
    [InlineData(2, "2024-02-28T00:15:00Z", "2024-02-29T00:00:00Z")]
    [InlineData(2, "2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z")]
    [InlineData(3, "2026-12-01T00:15:00Z", "2027-01-01T00:00:00Z")]
    public void The_first_start_from_an_instant_is_not_before_it(int level, string at, string start) =>
        InstantPattern.ExtendedIso.Format(((RevenueLevel)level).FirstStartFrom(InstantPattern.ExtendedIso.Parse(at).Value)).ShouldBe(start);
}
