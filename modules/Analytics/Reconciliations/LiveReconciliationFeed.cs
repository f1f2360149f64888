using System.Diagnostics.CodeAnalysis;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Analytics.Reconciliations;

/// <summary>The reconciliations of followed venues for live subscribers. They are stored without a sequence number, so this host compares
/// those that are in progress or have changed lately with what it read last, once a second and at every signal, and numbers the changes
/// itself.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing that must be released.")]
internal sealed class LiveReconciliationFeed(
    IDbContextFactory<AnalyticsDb> dbFactory,
    IVenues venues,
    ReconciliationReader reader,
    IClock clock
) : ILiveFeed<IVenue, Reconciliation>
{
    /// <summary>A position before every event. A subscriber who starts there first receives what has changed lately.</summary>
    public const long BeforeFirst = -1;

    private static readonly Duration Lately = Duration.FromMinutes(10);

    // What was read earlier must not be compared later.
    private readonly SemaphoreSlim _reading = new(1);
    private readonly Dictionary<string, VenueState> _states = new(StringComparer.Ordinal);

    public string Name => ReconciliationSignal.ProgressChannel;

    public string VenueSignal => VenueChanged.Signal;

    public async Task<IReadOnlyDictionary<string, long>> ReadHeadsAsync(
        IReadOnlyCollection<string> venueIds,
        CancellationToken cancellationToken
    ) => (await CompareAsync(venueIds, cancellationToken)).ToDictionary(s => s.Key, s => s.Value.Seq);

    public async Task<LivePage<IVenue, Reconciliation>> ReadAsync(
        string venueId,
        long keptAfter,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var events = (await CompareAsync([venueId], cancellationToken))[venueId].Events.Where(e => e.Seq > after).Take(limit).ToArray();
        return new(await venues.ReadAsync(venueId, cancellationToken), events);
    }

    public Reconciliation Restate(Reconciliation earlier, Reconciliation later) => later;

    private async Task<Dictionary<string, VenueState>> CompareAsync(
        IReadOnlyCollection<string> venueIds,
        CancellationToken cancellationToken
    )
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            var since = clock.Now() - Lately;
            await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
            var changed = (
                await db.Set<ReconciliationRow>()
                    .AsNoTracking()
                    .Where(r => venueIds.Contains(r.VenueId) && r.UpdatedAt >= since && r.State != ReconciliationState.NotYet)
                    .Select(r => new { r.VenueId, r.BusinessDate })
                    .Distinct()
                    .ToListAsync(cancellationToken)
            ).ToLookup(r => r.VenueId, r => r.BusinessDate);
            foreach (var venueId in venueIds)
            {
                var state = _states.GetValueOrDefault(venueId, VenueState.Empty);
                var dates = changed[venueId].Concat(state.Events.Select(e => e.Value.BusinessDate)).ToHashSet();
                if (dates.Count > 0 && await venues.FindAsync(venueId, cancellationToken) is { } venue)
                    state = state.CompareWith(await reader.ReadAsync(venue, dates, cancellationToken));
                _states[venueId] = state;
            }
            return venueIds.ToDictionary(id => id, id => _states[id]);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>A venue's reconciliations that have changed lately, each with the number of its last change, in the order of these
    /// numbers.</summary>
    private sealed record VenueState(long Seq, IReadOnlyList<LiveEvent<Reconciliation>> Events)
    {
        private const int MaxDates = 50;

        public static VenueState Empty { get; } = new(0, []);

        public VenueState CompareWith(IEnumerable<Reconciliation> read)
        {
            var known = Events.ToDictionary(e => e.Value.BusinessDate);
            var seq = Seq;
            var events = read.OrderBy(r => r.BusinessDate)
                .Select(r =>
                    known.TryGetValue(r.BusinessDate, out var last) && last.Value == r
                        ? last
                        : new LiveEvent<Reconciliation>(++seq, SubjectOf(r.BusinessDate), r)
                )
                .ToArray();
            return seq == Seq ? this : new(seq, [.. events.OrderBy(e => e.Seq).TakeLast(MaxDates)]);
        }

        private static Guid SubjectOf(LocalDate date) => new(Period.DaysBetween(new LocalDate(1900, 1, 1), date), 0, 0, new byte[8]);
    }
}
