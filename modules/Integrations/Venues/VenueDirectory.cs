using System.Collections.Concurrent;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using PosModular.Kernel.Feed;

namespace Integrations.Venues;

/// <summary>Venues for other modules, kept in memory: forgotten when one changes here or on another host (the bell), and after ten
/// seconds at the latest.</summary>
internal sealed class VenueDirectory(IDbContextFactory<IntegrationsDb> dbFactory, FeedSignal signal, TimeProvider time)
    : BackgroundService,
        IVenues
{
    public const string FeedSource = "integrations.venues";
    private static readonly TimeSpan CacheDuration = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, (IVenue Venue, long At)> _cache = new();

    public async ValueTask<IVenue?> FindAsync(string venueId, CancellationToken cancellationToken) =>
        (await FindAsync([venueId], cancellationToken)).GetValueOrDefault(venueId);

    public async ValueTask<IReadOnlyDictionary<string, IVenue>> FindAsync(
        IReadOnlyCollection<string> venueIds,
        CancellationToken cancellationToken
    )
    {
        var found = new Dictionary<string, IVenue>();
        var missing = new List<string>();
        foreach (var id in venueIds)
        {
            if (_cache.TryGetValue(id, out var cached) && time.GetElapsedTime(cached.At) < CacheDuration)
                found[id] = cached.Venue;
            else
                missing.Add(id);
        }
        if (missing.Count == 0)
            return found;
        var readAt = time.GetTimestamp();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        foreach (var venue in await db.Venues.AsNoTracking().Where(v => missing.Contains(v.Id)).ToListAsync(cancellationToken))
        {
            found[venue.Id] = venue;
            _cache[venue.Id] = (venue, readAt);
        }
        return found;
    }

    public void Invalidate(string venueId)
    {
        _cache.TryRemove(venueId, out _);
        signal.Raise(FeedSource, [venueId]);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listener = signal.Listen(FeedSource);
        while (!stoppingToken.IsCancellationRequested)
        {
            await listener.WaitAsync(TimeSpan.FromMinutes(1), time, stoppingToken);
            foreach (var id in listener.TakeVenueIds() ?? [.. _cache.Keys])
                _cache.TryRemove(id, out _);
        }
    }
}
