using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Feed;

namespace Rules.Unlocks;

/// <summary>The feed of unlocks for live subscribers. A revocation has no sequence number of its own, so the unlocks that are kept in
/// memory are read again with every page.</summary>
internal sealed class LiveUnlockFeed(IDbContextFactory<RulesDb> dbFactory, IVenues venues) : ILiveFeed<IVenue, Unlock>
{
    public string Name => TierUnlocked.Feed;

    public string VenueSignal => VenueChanged.Signal;

    public async Task<IReadOnlyDictionary<string, long>> ReadHeadsAsync(
        IReadOnlyCollection<string> venueIds,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .FeedHeads.AsNoTracking()
            .Where(h => venueIds.Contains(h.VenueId))
            .ToDictionaryAsync(h => h.VenueId, h => h.Seq, cancellationToken);
    }

    public async Task<LivePage<IVenue, Unlock>> ReadAsync(
        string venueId,
        long keptAfter,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var unlocks = db.Unlocks.AsNoTracking().Where(u => u.VenueId == venueId);
        var kept = keptAfter < after ? unlocks.Where(u => u.Seq > keptAfter && u.Seq <= after) : null;
        // A venue's unlocks are committed in the order of their sequence numbers, so a page never leaves one out.
        var rows = await unlocks.Where(u => u.Seq > after).OrderBy(u => u.Seq).Take(limit).ToListAsync(cancellationToken);
        if (kept is not null)
            rows.InsertRange(0, await kept.OrderBy(u => u.Seq).ToListAsync(cancellationToken));
        var venue = await venues.ReadAsync(venueId, cancellationToken);
        return new(venue, rows.ConvertAll(u => new LiveEvent<Unlock>(u.Seq, u.Id, new Unlock(u))));
    }

    public Unlock Restate(Unlock earlier, Unlock later) => later;
}
