using System.Collections.Concurrent;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Analytics.Revenues;

/// <summary>Today's figures for live subscribers, each time the module has added up changes of the venue; its sequence is the module's
/// position in the feed of transactions. A venue's figures are read at most once a second for all subscribers on this host.</summary>
internal sealed class LiveRevenueFeed(
    IDbContextFactory<AnalyticsDb> dbFactory,
    IVenues venues,
    RevenueReader reader,
    FeedRelays relays,
    IClock clock,
    TimeProvider time
) : ILiveFeed<IVenue, Revenue>
{
    /// <summary>A position before every event. A subscriber who starts there receives the figures of this moment at once.</summary>
    public const long BeforeFirst = -1;

    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, long> _readAt = new(StringComparer.Ordinal);

    public string Name => relays.ProgressSignalOf(AnalyticsDb.Schema);

    public string VenueSignal => VenueChanged.Signal;

    public async Task<IReadOnlyDictionary<string, long>> ReadHeadsAsync(
        IReadOnlyCollection<string> venueIds,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db.Set<FeedPosition>()
            .AsNoTracking()
            .Where(p => venueIds.Contains(p.VenueId))
            .ToDictionaryAsync(p => p.VenueId, p => p.Seq, cancellationToken);
    }

    public async Task<LivePage<IVenue, Revenue>> ReadAsync(
        string venueId,
        long keptAfter,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var head = await ReadHeadAsync(venueId, cancellationToken);
        var events = new List<LiveEvent<Revenue>>();
        if (head > after)
        {
            if (after != BeforeFirst && _readAt.TryGetValue(venueId, out var readAt))
            {
                if (MinInterval - time.GetElapsedTime(readAt) is var rest && rest > TimeSpan.Zero)
                    await time.DelayAsync(rest, cancellationToken);
                head = await ReadHeadAsync(venueId, cancellationToken);
            }
            _readAt[venueId] = time.GetTimestamp();
            var calendar = await venues.ReadAsync(venueId, cancellationToken);
            var span = calendar.SpanOf(RevenuePeriod.Day, calendar.BusinessDateOf(clock.Now()));
            events.Add(
                new(head, Guid.Empty, await reader.ReadAsync(new RevenueRequest(calendar, RevenuePeriod.Day, span), cancellationToken))
            );
        }
        return new(await venues.ReadAsync(venueId, cancellationToken), events);
    }

    public Revenue Restate(Revenue earlier, Revenue later) => later;

    private async Task<long> ReadHeadAsync(string venueId, CancellationToken cancellationToken) =>
        (await ReadHeadsAsync([venueId], cancellationToken)).GetValueOrDefault(venueId);
}
