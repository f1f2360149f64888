using CsCheck;
using NodaTime;
using Rules.LiveSessions;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Rules;

/// <summary>Who was on stage when, where live sessions overlap.</summary>
public sealed class StageTimesTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 20, 20, 0);

    private static readonly Gen<LiveSession[]> Sessions = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 20], Gen.Int[1, 10], Gen.Int[0, 5])
        .Select(
            (performer, start, length, isOpen) =>
                new LiveSession
                {
                    Id = Guid.NewGuid(),
                    VenueId = "v",
                    PerformerId = $"performer-{performer}",
                    StartedAt = Start + Duration.FromMinutes(start),
                    EndedAt = isOpen == 0 ? null : Start + Duration.FromMinutes(start + length),
                }
        )
        .Array[0, 8];

    [Fact]
    public void At_each_moment_the_session_that_started_last_decides_and_the_spans_are_disjoint() =>
        Sessions.Sample(sessions =>
        {
            var times = StageTimes.Of(sessions);

            for (var minute = -1; minute < 40; minute++)
            {
                var at = Start + Duration.FromMinutes(minute);
                var expected = sessions.Where(s => s.Contains(at)).OrderBy(s => (s.StartedAt, s.Id)).LastOrDefault()?.PerformerId;
                times.SingleOrDefault(t => t.From <= at && (t.To is not { } to || at < to))?.PerformerId.ShouldBe(expected);
                times.Any(t => t.From <= at && (t.To is not { } to || at < to)).ShouldBe(expected is not null);
            }
            times.Select(t => t.From).ShouldBeInOrder();
            // Spans of one performer that meet are one span.
            times.Zip(times.Skip(1)).ShouldAllBe(p => p.First.To < p.Second.From || p.First.PerformerId != p.Second.PerformerId);
        });
}
