using System.Collections.Concurrent;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using PosModular.Kernel.Feed;

namespace Integrations.Venues;

/// <summary>Venues for other modules, kept in memory: forgotten when one changes here or on another host (the bell), and after ten
/// seconds at the latest.</summary>
internal sealed class VenueDirectory(IDbContextFactory<IntegrationsDb> dbs, FeedSignal bell, TimeProvider time) : BackgroundService, IVenues
{
    public const string Bell = "integrations.venues";
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, (IVenue Venue, long At)> _kept = new();

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
            if (_kept.TryGetValue(id, out var kept) && time.GetElapsedTime(kept.At) < Keep)
                found[id] = kept.Venue;
            else
                missing.Add(id);
        }
        if (missing.Count == 0)
            return found;
        var asked = time.GetTimestamp();
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        foreach (var venue in await db.Venues.AsNoTracking().Where(v => missing.Contains(v.Id)).ToListAsync(cancellationToken))
        {
            found[venue.Id] = venue;
            _kept[venue.Id] = (venue, asked);
        }
        return found;
    }

    public void Changed(string venueId)
    {
        _kept.TryRemove(venueId, out _);
        bell.Raise(Bell, [venueId]);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var rope = bell.Listen(Bell);
        while (!stoppingToken.IsCancellationRequested)
        {
            await rope.WaitAsync(TimeSpan.FromMinutes(1), time, stoppingToken);
            foreach (var id in rope.TakeVenueIds() ?? [.. _kept.Keys])
                _kept.TryRemove(id, out _);
        }
    }
}
