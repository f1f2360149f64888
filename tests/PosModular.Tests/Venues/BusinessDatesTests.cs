using CsCheck;
using Integrations.Contracts.Calendar;
using NodaTime;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Venues;

/// <summary>A venue's business dates, also when the clocks change.</summary>
public sealed class BusinessDatesTests
{
    private static readonly string[] Zones =
    [
        "Europe/Berlin",
        "America/New_York",
        "Pacific/Apia",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "America/Havana",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "Africa/Cairo",
        "Asia/Beirut",
        "America/St_Johns",
        "Antarctica/Troll",
        "Europe/Dublin",
        "UTC",
        "Pacific/Kiritimati",
    ];

    private static readonly Instant FirstInstant = Instant.FromUtc(1990, 1, 1, 0, 0);
    private static readonly Instant LastInstant = Instant.FromUtc(2037, 12, 31, 0, 0);
    private static readonly DateTimeZone Berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];
    private static readonly DateTimeZone NewYork = DateTimeZoneProviders.Tzdb["America/New_York"];

    private static void AssertIsWithinBusinessDate(Instant at, DateTimeZone zone, LocalTime cutoff)
    {
        var day = BusinessDates.Of(at, zone, cutoff);
        if (!(BusinessDates.Start(day, zone, cutoff) <= at && at < BusinessDates.Start(day.PlusDays(1), zone, cutoff)))
            throw new ShouldAssertException($"{at} in {zone} with cut-off {cutoff} is not within {day}.");
    }

    [Fact]
    public void Every_instant_is_within_its_business_date() =>
        Gen.Select(Gen.OneOf(Zones), Gen.Long[FirstInstant.ToUnixTimeMilliseconds(), LastInstant.ToUnixTimeMilliseconds()], Gen.Int[0, 95])
            .Sample(
                (zone, at, quarter) =>
                    AssertIsWithinBusinessDate(
                        Instant.FromUnixTimeMilliseconds(at),
                        DateTimeZoneProviders.Tzdb[zone],
                        LocalTime.FromMinutesSinceMidnight(quarter * 15)
                    ),
                iter: 5_000
            );

    [Fact]
    public void Every_instant_near_a_clock_change_is_within_its_business_date()
    {
        Duration[] offsets =
        [
            Duration.FromHours(-25),
            Duration.FromHours(-1),
            Duration.FromMinutes(-15),
            Duration.FromTicks(-1),
            Duration.Zero,
            Duration.FromMinutes(14),
            Duration.FromMinutes(59),
            Duration.FromHours(1),
            Duration.FromHours(24),
        ];
        foreach (var zone in Zones.Select(id => DateTimeZoneProviders.Tzdb[id]))
        foreach (var change in zone.GetZoneIntervals(Instant.FromUtc(2008, 1, 1, 0, 0), Instant.FromUtc(2014, 1, 1, 0, 0)).Skip(1))
            for (var quarter = 0; quarter < 96; quarter++)
                foreach (var offset in offsets)
                    AssertIsWithinBusinessDate(change.Start + offset, zone, LocalTime.FromMinutesSinceMidnight(quarter * 15));
    }

    [Fact]
    public void Business_dates_start_one_after_the_other() =>
        Gen.Select(Gen.OneOf(Zones), Gen.Int[0, 16_000], Gen.Int[0, 95])
            .Sample(
                (id, days, quarter) =>
                {
                    var (zone, day, cutoff) = (
                        DateTimeZoneProviders.Tzdb[id],
                        new LocalDate(1990, 1, 1).PlusDays(days),
                        LocalTime.FromMinutesSinceMidnight(quarter * 15)
                    );
                    BusinessDates.Start(day, zone, cutoff).ShouldBeLessThanOrEqualTo(BusinessDates.Start(day.PlusDays(1), zone, cutoff));
                },
                iter: 2_000
            );

    [Fact]
    public void Three_in_the_morning_belongs_to_the_business_date_before()
    {
        var cutoff = new LocalTime(6, 0);

        BusinessDates.Of(Instant.FromUtc(2026, 7, 5, 1, 0), Berlin, cutoff).ShouldBe(new LocalDate(2026, 7, 4));
        BusinessDates.Of(Instant.FromUtc(2026, 7, 5, 3, 59, 59), Berlin, cutoff).ShouldBe(new LocalDate(2026, 7, 4));
        BusinessDates.Of(Instant.FromUtc(2026, 7, 5, 4, 0), Berlin, cutoff).ShouldBe(new LocalDate(2026, 7, 5));
    }

    [Theory]
    [InlineData("Europe/Berlin", 2026, 3, 28, 23)]
    [InlineData("Europe/Berlin", 2026, 10, 24, 25)]
    [InlineData("Europe/Berlin", 2026, 7, 4, 24)]
    [InlineData("America/New_York", 2026, 3, 7, 23)]
    [InlineData("America/New_York", 2026, 10, 31, 25)]
    public void A_clock_change_makes_a_business_date_of_23_or_25_hours(string zone, int year, int month, int day, int hours)
    {
        var (timeZone, date, cutoff) = (DateTimeZoneProviders.Tzdb[zone], new LocalDate(year, month, day), new LocalTime(6, 0));

        (BusinessDates.Start(date.PlusDays(1), timeZone, cutoff) - BusinessDates.Start(date, timeZone, cutoff)).ShouldBe(
            Duration.FromHours(hours)
        );
    }

    [Fact]
    public void A_cutoff_inside_a_skipped_hour_takes_the_first_instant_after_it()
    {
        BusinessDates.Start(new LocalDate(2026, 3, 29), Berlin, new LocalTime(2, 30)).ShouldBe(Instant.FromUtc(2026, 3, 29, 1, 0));
        BusinessDates.Start(new LocalDate(2026, 3, 8), NewYork, new LocalTime(2, 30)).ShouldBe(Instant.FromUtc(2026, 3, 8, 7, 0));
        BusinessDates.Of(Instant.FromUtc(2026, 3, 29, 0, 59, 59), Berlin, new LocalTime(2, 30)).ShouldBe(new LocalDate(2026, 3, 28));
        BusinessDates.Of(Instant.FromUtc(2026, 3, 29, 1, 0), Berlin, new LocalTime(2, 30)).ShouldBe(new LocalDate(2026, 3, 29));
    }

    [Fact]
    public void A_cutoff_that_occurs_twice_takes_the_first_occurrence()
    {
        BusinessDates.Start(new LocalDate(2026, 10, 25), Berlin, new LocalTime(2, 30)).ShouldBe(Instant.FromUtc(2026, 10, 25, 0, 30));
        BusinessDates.Start(new LocalDate(2026, 11, 1), NewYork, new LocalTime(1, 30)).ShouldBe(Instant.FromUtc(2026, 11, 1, 5, 30));
        // The second 02:15 of the day is after the cut-off, although it is an earlier local time.
        BusinessDates.Of(Instant.FromUtc(2026, 10, 25, 1, 15), Berlin, new LocalTime(2, 30)).ShouldBe(new LocalDate(2026, 10, 25));
    }

    [Fact]
    public void The_day_that_Samoa_skipped_is_empty_at_midnight()
    {
        var apia = DateTimeZoneProviders.Tzdb["Pacific/Apia"];
        var change = Instant.FromUtc(2011, 12, 30, 10, 0); // from the end of the 29th to the start of the 31st

        BusinessDates.Of(change - Duration.FromTicks(1), apia, LocalTime.Midnight).ShouldBe(new LocalDate(2011, 12, 29));
        BusinessDates.Of(change, apia, LocalTime.Midnight).ShouldBe(new LocalDate(2011, 12, 31));
        BusinessDates.Start(new LocalDate(2011, 12, 30), apia, LocalTime.Midnight).ShouldBe(change);
        BusinessDates.Start(new LocalDate(2011, 12, 31), apia, LocalTime.Midnight).ShouldBe(change);
    }
}
