using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;

namespace Analytics.Reconciliations;

/// <summary>A check of a date that is due by itself.</summary>
/// <param name="BusinessDate">The date.</param>
/// <param name="Checks">How many of the two regular checks are due by now.</param>
/// <param name="OutageAt">When the gap of the last outage that touched the date was synced; null without an outage.</param>
internal readonly record struct DueCheck(LocalDate BusinessDate, short Checks, Instant? OutageAt);

/// <summary>Decides which dates of a connection are to be compared by now. Pure.</summary>
internal static class ReconciliationSchedule
{
    /// <summary>The first check of a date comes so long after its end: by then points of sale have sent what they took.</summary>
    public static readonly Duration FirstCheckAfter = Duration.FromHours(2);

    /// <summary>The second check comes so long after the end of the date: by then late tips are settled.</summary>
    public static readonly Duration SecondCheckAfter = Duration.FromHours(36);

    /// <summary>After a longer standstill of all hosts, the dates of this many days are checked.</summary>
    public const int MaxDays = 14;

    /// <summary>The checks that are due for the ended dates of a connection.</summary>
    /// <param name="venue">The venue, for its calendar.</param>
    /// <param name="connectedAt">When the location was first connected. Earlier dates are not checked by themselves.</param>
    /// <param name="outages">The outages of this connection.</param>
    /// <param name="now">The present.</param>
    public static IEnumerable<DueCheck> DueChecks(IVenue venue, Instant connectedAt, IReadOnlyCollection<Outage> outages, Instant now)
    {
        var today = venue.BusinessDateOf(now);
        for (var date = today.PlusDays(-MaxDays); date < today; date = date.PlusDays(1))
        {
            var (start, end) = (venue.StartOf(date), venue.StartOf(date.PlusDays(1)));
            if (end <= connectedAt)
                continue;
            var checks = (short)(
                now >= end + SecondCheckAfter ? 2
                : now >= end + FirstCheckAfter ? 1
                : 0
            );
            Instant? outageAt = outages.Where(o => o.From < end && o.To >= start).Max(o => (Instant?)o.SyncedAt);
            if (checks > 0 || outageAt is not null)
                yield return new DueCheck(date, checks, outageAt);
        }
    }
}
