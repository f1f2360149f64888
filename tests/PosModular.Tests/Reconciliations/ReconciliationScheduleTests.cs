using Analytics.Reconciliations;
using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using NodaTime;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Reconciliations;

/// <summary>Which business dates are compared by themselves, and when. The venue's date begins at 06:00 in New York.</summary>
public sealed class ReconciliationScheduleTests
{
    private static readonly Venue Bar = new();
    private static readonly Instant ConnectedAt = Instant.FromUtc(2026, 11, 18, 20, 0);
    private static readonly Instant EndOf20 = Instant.FromUtc(2026, 11, 21, 11, 0);
    private static readonly LocalDate The20th = new(2026, 11, 20);

    private static DueCheck[] Due(Instant now, params Outage[] outages) =>
        [.. ReconciliationSchedule.DueChecks(Bar, ConnectedAt, outages, now)];

    private static Outage OutageOf(Instant from, Instant to) => new(Guid.Empty, from, to, to + Duration.FromMinutes(1));

    [Fact]
    public void A_date_is_due_two_hours_and_again_36_hours_after_its_end()
    {
        short ChecksAt(Duration afterEnd) => Due(EndOf20 + afterEnd).SingleOrDefault(c => c.BusinessDate == The20th).Checks;

        ChecksAt(Duration.FromHours(2) - Duration.FromMilliseconds(1)).ShouldBe((short)0);
        ChecksAt(Duration.FromHours(2)).ShouldBe((short)1);
        ChecksAt(Duration.FromHours(36) - Duration.FromMilliseconds(1)).ShouldBe((short)1);
        ChecksAt(Duration.FromHours(36)).ShouldBe((short)2);
        // The clocks go back on 1 November, so that this date has 25 hours.
        var end = Instant.FromUtc(2026, 11, 1, 11, 0);
        ReconciliationSchedule
            .DueChecks(Bar, Instant.FromUtc(2026, 10, 31, 12, 0), [], end + Duration.FromHours(2))
            .ShouldBe([new DueCheck(new LocalDate(2026, 10, 31), 1, null)]);
        ReconciliationSchedule.DueChecks(Bar, Instant.FromUtc(2026, 10, 31, 12, 0), [], end + Duration.FromHours(1)).ShouldBeEmpty();
    }

    [Fact]
    public void Dates_are_due_from_the_connection_on_and_for_two_weeks_at_most()
    {
        Due(EndOf20 + Duration.FromHours(2)).Select(c => c.BusinessDate).ShouldBe([new(2026, 11, 18), new(2026, 11, 19), The20th]);
        Due(EndOf20 + Duration.FromDays(60) + Duration.FromHours(2)).Length.ShouldBe(ReconciliationSchedule.MaxDays);
    }

    [Fact]
    public void Every_ended_date_that_an_outage_touched_is_due_once_its_gap_is_synced()
    {
        var outage = OutageOf(EndOf20 - Duration.FromHours(30), EndOf20 + Duration.FromMinutes(5));
        var due = Due(EndOf20 + Duration.FromMinutes(10), outage);

        due.Where(c => c.OutageAt is not null).Select(c => c.BusinessDate).ShouldBe([new(2026, 11, 19), The20th]);
        due.Single(c => c.BusinessDate == The20th).ShouldBe(new DueCheck(The20th, 0, outage.SyncedAt));
        // It ends with the first moment of the next date, and the date that still runs has its own check.
        Due(EndOf20 + Duration.FromMinutes(10), OutageOf(EndOf20, EndOf20 + Duration.FromMinutes(5))).ShouldAllBe(c => c.OutageAt == null);
    }

    private sealed class Venue : IVenue
    {
        public string Id => "bar";
        public string Name => "bar";
        public string TimeZone => "America/New_York";
        public string Currency => "USD";
        public LocalTime DayCutoff => new(6, 0);
        public CountFrom RulesCountFrom => CountFrom.Authorized;
        public UnlockPolicy UnlockPolicy => UnlockPolicy.Keep;
        public IReadOnlyList<string> OwnerUserIds => [];
    }
}
