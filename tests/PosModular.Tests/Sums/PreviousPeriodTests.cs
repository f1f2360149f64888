using Analytics.Revenues;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;
using NodaTime.Text;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Sums;

/// <summary>The period before another one and how far it is compared, and the intervals of a series.</summary>
public sealed class PreviousPeriodTests
{
    private sealed record Venue : IVenue
    {
        public string Id => "v";
        public string Name => "v";
        public string TimeZone => "Europe/Berlin";
        public string Currency => "EUR";
        public LocalTime DayCutoff => new(6, 0);
        public CountFrom RulesCountFrom => CountFrom.Authorized;
        public UnlockPolicy UnlockPolicy => UnlockPolicy.Keep;
        public IReadOnlyList<string> OwnerUserIds => [];
    }

    [Fact]
    public void The_hours_of_a_series_have_labels_of_their_own_also_when_the_clock_repeats_one()
    {
        var labels = RevenueSeries
            .SplitIntoIntervals(new Venue(), new LocalDate(2026, 10, 24), new LocalDate(2026, 10, 26), Granularity.Hour)
            .Select(i => i.Label)
            .ToArray();

        labels.Length.ShouldBe(49);
        labels[19..24]
            .ShouldBe(["2026-10-25T01:00", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00", "2026-10-25T04:00"]);
        labels.ShouldBeUnique();
    }

    private static readonly LocalDateTimePattern Pattern = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm");

    // Times are local; the days on which the clock changes are 29 March and 25 October 2026.
    [Theory]
    [InlineData(RevenuePeriod.Day, "2026-11-20", "2026-11-20T22:07", "2026-11-19T06:00", "2026-11-20T06:00", "2026-11-19T22:07")]
    [InlineData(RevenuePeriod.Day, "2026-11-20", "2026-11-21T05:59", "2026-11-19T06:00", "2026-11-20T06:00", "2026-11-20T05:59")]
    [InlineData(RevenuePeriod.Day, "2026-11-20", "2026-11-21T06:00", "2026-11-19T06:00", "2026-11-20T06:00", "2026-11-20T06:00")]
    [InlineData(RevenuePeriod.Day, "2026-11-20", "2026-11-20T05:00", "2026-11-19T06:00", "2026-11-20T06:00", "2026-11-20T06:00")]
    [InlineData(RevenuePeriod.Day, "2026-03-29", "2026-03-30T02:30", "2026-03-28T06:00", "2026-03-29T06:00", "2026-03-29T03:30")]
    [InlineData(RevenuePeriod.Day, "2026-10-25", "2026-10-25T22:00", "2026-10-24T06:00", "2026-10-25T06:00", "2026-10-24T22:00")]
    [InlineData(RevenuePeriod.Week, "2026-11-18", "2026-11-20T22:00", "2026-11-09T06:00", "2026-11-16T06:00", "2026-11-13T22:00")]
    [InlineData(RevenuePeriod.Month, "2026-11-18", "2026-11-20T22:00", "2026-10-01T06:00", "2026-11-01T06:00", "2026-10-20T22:00")]
    [InlineData(RevenuePeriod.Month, "2026-03-31", "2026-03-31T22:00", "2026-02-01T06:00", "2026-03-01T06:00", "2026-02-28T22:00")]
    [InlineData(RevenuePeriod.Month, "2026-03-31", "2026-04-01T05:00", "2026-02-01T06:00", "2026-03-01T06:00", "2026-03-01T05:00")]
    [InlineData(RevenuePeriod.Year, "2026-01-01", "2026-07-01T12:00", "2025-01-01T06:00", "2026-01-01T06:00", "2025-07-01T12:00")]
    [InlineData(RevenuePeriod.Year, "2025-06-01", "2026-07-01T12:00", "2024-01-01T06:00", "2025-01-01T06:00", "2025-01-01T06:00")]
    public void It_reaches_to_the_same_local_time_while_the_later_period_runs(
        RevenuePeriod period,
        string on,
        string now,
        string from,
        string to,
        string point
    )
    {
        var venue = new Venue();
        var span = venue.SpanOf(period, LocalDatePattern.Iso.Parse(on).Value)!.Value;

        var previous = PreviousPeriod.Of(venue, period, span, At(now));

        previous.ShouldBe((At(from), At(to), At(point)));

        Instant At(string local) => Pattern.Parse(local).Value.InZoneLeniently(venue.Zone()).ToInstant();
    }
}
