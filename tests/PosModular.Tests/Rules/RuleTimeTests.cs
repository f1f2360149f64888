using NodaTime;
using Rules.LiveSessions;
using Rules.SpendRules;
using Rules.Unlocks;
using Shouldly;
using Xunit;
using DayOfWeek = Integrations.Contracts.Calendar.DayOfWeek;

namespace PosModular.Tests.Rules;

/// <summary>At which times a rule may unlock, and windows over midnight when the clocks change.</summary>
public sealed class RuleTimeTests
{
    private static readonly DateTimeZone Berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];
    private static readonly DateTimeZone NewYork = DateTimeZoneProviders.Tzdb["America/New_York"];
    private static readonly LiveWindow Window = new([], new LocalTime(22, 0), new LocalTime(4, 0));

    // Friday 2026-11-20, 23:00 in Berlin; Anna is on stage from 22:30 to 23:30, Ben from 12:00 to 13:00.
    private static readonly Instant InWindowAndSession = Instant.FromUtc(2026, 11, 20, 22, 0);
    private static readonly Instant InWindowOnly = Instant.FromUtc(2026, 11, 20, 23, 30);
    private static readonly Instant InBensSession = Instant.FromUtc(2026, 11, 20, 11, 30);
    private static readonly Instant Neither = Instant.FromUtc(2026, 11, 20, 15, 0);

    private static readonly LiveSession[] Sessions =
    [
        new()
        {
            VenueId = "v",
            PerformerId = "anna",
            StartedAt = Instant.FromUtc(2026, 11, 20, 21, 30),
            EndedAt = Instant.FromUtc(2026, 11, 20, 22, 30),
        },
        new()
        {
            VenueId = "v",
            PerformerId = "ben",
            StartedAt = Instant.FromUtc(2026, 11, 20, 11, 0),
            EndedAt = Instant.FromUtc(2026, 11, 20, 12, 0),
        },
    ];

    private static string MatchingTimes(bool liveOnly, LiveWindow? window, string? performer)
    {
        var rule = new SpendRule
        {
            VenueId = "v",
            Name = "r",
            Currency = "EUR",
            GrantsAccess = [],
            LiveOnly = liveOnly,
            LiveWindow = window,
            PerformerId = performer,
        };
        (string Name, Instant At)[] times =
        [
            ("both", InWindowAndSession),
            ("window", InWindowOnly),
            ("ben", InBensSession),
            ("neither", Neither),
        ];
        return string.Join(
            ' ',
            times.Where(m => RuleEvaluation.UnmetByTime(rule, m.At, Berlin, Sessions) == UnmetConditions.None).Select(m => m.Name)
        );
    }

    [Fact]
    public void A_rule_that_is_not_live_only_matches_any_time() => MatchingTimes(false, null, null).ShouldBe("both window ben neither");

    [Fact]
    public void A_live_only_rule_with_a_window_matches_the_window() => MatchingTimes(true, Window, null).ShouldBe("both window");

    [Fact]
    public void A_live_only_rule_without_a_window_matches_any_live_session() => MatchingTimes(true, null, null).ShouldBe("both ben");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_rule_with_a_performer_matches_their_sessions_only(bool liveOnly) =>
        MatchingTimes(liveOnly, null, "anna").ShouldBe("both");

    [Fact]
    public void A_live_only_rule_with_a_window_and_a_performer_must_match_both()
    {
        MatchingTimes(true, Window, "anna").ShouldBe("both");
        MatchingTimes(true, Window, "ben").ShouldBe("");
    }

    [Fact]
    public void A_running_session_has_no_end_and_its_start_is_inclusive()
    {
        var open = new LiveSession
        {
            VenueId = "v",
            PerformerId = "anna",
            StartedAt = Neither,
        };
        open.Contains(Neither).ShouldBeTrue();
        open.Contains(Neither - Duration.Epsilon).ShouldBeFalse();
        open.Contains(Neither + Duration.FromDays(9)).ShouldBeTrue();
        Sessions[0].Contains(Instant.FromUtc(2026, 11, 20, 22, 30)).ShouldBeFalse();
    }

    [Theory] // 22:00–04:00 on Fridays
    [InlineData("2026-11-20T21:59:59", false)] // Friday
    [InlineData("2026-11-20T22:00:00", true)]
    [InlineData("2026-11-20T23:59:59", true)]
    [InlineData("2026-11-21T00:00:00", true)] // Saturday, still within Friday's window
    [InlineData("2026-11-21T03:59:59", true)]
    [InlineData("2026-11-21T04:00:00", false)]
    [InlineData("2026-11-21T22:00:00", false)] // Saturday's window
    [InlineData("2026-11-20T03:00:00", false)] // Thursday's window
    public void A_window_over_midnight_belongs_to_the_day_it_starts_on(string local, bool holds) =>
        (Window with { Days = [DayOfWeek.Friday] })
            .Contains(NodaTime.Text.LocalDateTimePattern.ExtendedIso.Parse(local).Value)
            .ShouldBe(holds);

    [Fact]
    public void A_window_of_Sunday_runs_into_Monday() =>
        (Window with { Days = [DayOfWeek.Sunday] }).Contains(new LocalDateTime(2026, 11, 23, 1, 0)).ShouldBeTrue();

    [Fact]
    public void A_window_with_equal_start_and_end_is_a_whole_day()
    {
        var day = new LiveWindow([DayOfWeek.Friday], new LocalTime(6, 0), new LocalTime(6, 0));
        day.Contains(new LocalDateTime(2026, 11, 20, 6, 0)).ShouldBeTrue();
        day.Contains(new LocalDateTime(2026, 11, 21, 5, 59)).ShouldBeTrue();
        day.Contains(new LocalDateTime(2026, 11, 21, 6, 0)).ShouldBeFalse();
        day.Contains(new LocalDateTime(2026, 11, 20, 5, 59)).ShouldBeFalse();
    }

    /// <summary>The window 22:00–04:00 lasts six hours; five when the clocks skip an hour, seven when they repeat one.</summary>
    [Theory]
    [InlineData("Europe/Berlin", 2026, 3, 28, 5)] // 29 March, 02:00 → 03:00
    [InlineData("Europe/Berlin", 2026, 10, 24, 7)] // 25 October, 03:00 → 02:00
    [InlineData("America/New_York", 2026, 3, 7, 5)] // 8 March, 02:00 → 03:00
    [InlineData("America/New_York", 2026, 10, 31, 7)] // 1 November, 02:00 → 01:00
    [InlineData("Europe/Berlin", 2026, 11, 20, 6)]
    [InlineData("America/New_York", 2026, 11, 20, 6)]
    public void A_window_follows_local_time_when_the_clocks_change(string zoneId, int year, int month, int day, int hours)
    {
        var zone = zoneId == Berlin.Id ? Berlin : NewYork;
        var rule = new SpendRule
        {
            VenueId = "v",
            Name = "r",
            Currency = "EUR",
            GrantsAccess = [],
            LiveOnly = true,
            LiveWindow = Window,
        };
        var noon = new LocalDateTime(year, month, day, 12, 0).InZoneStrictly(zone).ToInstant();

        var minutes = Enumerable
            .Range(0, 24 * 60)
            .Count(minute => RuleEvaluation.UnmetByTime(rule, noon + Duration.FromMinutes(minute), zone, []) == UnmetConditions.None);

        minutes.ShouldBe(hours * 60);
    }
}
