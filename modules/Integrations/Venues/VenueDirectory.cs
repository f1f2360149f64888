using System.Collections.Concurrent;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;

namespace Integrations.Venues;

/// <summary>Gives other modules read access to venues, from a cache. <see cref="DropCachedVenue"/> removes changed venues; every entry
/// expires after ten seconds.</summary>
internal sealed class VenueDirectory(IDbContextFactory<IntegrationsDb> dbFactory, TimeProvider time) : IVenues
{
    private static readonly TimeSpan CacheDuration = TimeSpan.FromSeconds(10);
    private static readonly Func<IntegrationsDb, string, CancellationToken, Task<Venue?>> ReadVenue = EF.CompileAsyncQuery(
        (IntegrationsDb db, string venueId, CancellationToken cancellationToken) =>
            db.Venues.AsNoTracking().SingleOrDefault(v => v.Id == venueId)
    );
    private readonly ConcurrentDictionary<string, (IVenue Venue, long At)> _cache = new();
    private long _drops;

    public ValueTask<IVenue?> FindAsync(string venueId, CancellationToken cancellationToken)
    {
        return _cache.TryGetValue(venueId, out var cached) && time.GetElapsedTime(cached.At) < CacheDuration
            ? new(cached.Venue)
            : ReadAsync();

        async ValueTask<IVenue?> ReadAsync() => (await FindAsync([venueId], cancellationToken)).GetValueOrDefault(venueId);
    }

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
        var (readAt, drops) = (time.GetTimestamp(), Volatile.Read(ref _drops));
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        foreach (var venue in await db.Venues.AsNoTracking().Where(v => missing.Contains(v.Id)).ToListAsync(cancellationToken))
        {
            found[venue.Id] = venue;
            Keep(venue, readAt, drops);
        }
        return found;
    }

    public async Task<IVenue> ReadAsync(string venueId, CancellationToken cancellationToken)
    {
        var (readAt, drops) = (time.GetTimestamp(), Volatile.Read(ref _drops));
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var venue = await db.Venues.AsNoTracking().SingleOrDefaultAsync(v => v.Id == venueId, cancellationToken)
            ?? throw VenueAccessExtensions.NotVisible();
        Keep(venue, readAt, drops);
        return venue;
    }

    public async Task<IReadOnlyList<string>> ListIdsAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db.Venues.AsNoTracking().Select(v => v.Id).OrderBy(id => id).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<IVenue>> ListOwnedAsync(string userId, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db.Venues.AsNoTracking().Where(v => v.OwnerUserIds.Contains(userId)).ToListAsync(cancellationToken);
    }

    /// <summary>Removes a venue from the cache; null removes all.</summary>
    public void Drop(string? venueId)
    {
        Interlocked.Increment(ref _drops);
        if (venueId is null)
            _cache.Clear();
        else
            _cache.TryRemove(venueId, out _);
    }

    private void Keep(Venue venue, long readAt, long drops)
    {
        _cache[venue.Id] = (venue, readAt);
        // What was read before a change must not outlive it in the cache.
        if (Volatile.Read(ref _drops) != drops)
            _cache.TryRemove(venue.Id, out _);
    }
}
