using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Feed;

namespace Integrations.Alerts;

/// <summary>The alerts of followed venues for live subscribers, in the order in which they were raised.</summary>
internal sealed class LiveAlertFeed(IDbContextFactory<IntegrationsDb> dbFactory, IVenues venues) : ILiveFeed<IVenue, Alert>
{
    public const string Feed = "integrations.alerts";

    public string Name => Feed;

    public string VenueSignal => VenueChanged.Signal;

    public async Task<IReadOnlyDictionary<string, long>> ReadHeadsAsync(
        IReadOnlyCollection<string> venueIds,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .Alerts.AsNoTracking()
            .Where(a => venueIds.Contains(a.VenueId))
            .GroupBy(a => a.VenueId)
            .Select(g => new { g.Key, Head = g.Max(a => a.Number) })
            .ToDictionaryAsync(h => h.Key, h => h.Head, cancellationToken);
    }

    /// <summary>A position before the first alert that is open now.</summary>
    public async Task<long> BeforeOpenAsync(string venueId, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db.Alerts.Where(a => a.VenueId == venueId && a.ClearedAt == null).MinAsync(a => (long?)a.Number, cancellationToken) - 1
            ?? (await ReadHeadsAsync([venueId], cancellationToken)).GetValueOrDefault(venueId);
    }

    public async Task<LivePage<IVenue, Alert>> ReadAsync(
        string venueId,
        long keptAfter,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db
            .Alerts.AsNoTracking()
            .Where(a => a.VenueId == venueId && a.Number > after)
            .OrderBy(a => a.Number)
            .Take(limit)
            .ToListAsync(cancellationToken);
        var venue = await venues.ReadAsync(venueId, cancellationToken);
        return new(venue, rows.ConvertAll(a => new LiveEvent<Alert>(a.Number, a.Id, new Alert(a))));
    }

    public Alert Restate(Alert earlier, Alert later) => later;
}
