using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Feed;

namespace Rules.Unlocks;

/// <summary>The feed of unlocks and revocations for live subscribers, each with the unlock as it is now.</summary>
internal sealed class LiveMembershipFeed(IDbContextFactory<RulesDb> dbFactory, IVenues venues) : ILiveFeed<IVenue, MembershipChange>
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

    public async Task<LivePage<IVenue, MembershipChange>> ReadAsync(
        string venueId,
        long keptAfter,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var unlocks = db.Unlocks.AsNoTracking().Where(u => u.VenueId == venueId);
        var given = unlocks
            .Where(u => u.Seq > after)
            .OrderBy(u => u.Seq)
            .Take(limit)
            .Select(u => new
            {
                u.Id,
                u.Seq,
                IsRevocation = false,
            });
        var revoked = unlocks
            .Where(u => u.RevokedSeq > after)
            .OrderBy(u => u.RevokedSeq)
            .Take(limit)
            .Select(u => new
            {
                u.Id,
                Seq = u.RevokedSeq!.Value,
                IsRevocation = true,
            });
        // Both are read in one statement. A venue's changes are committed in the order of their sequence numbers, so no page leaves one
        // out.
        var changes = await given
            .Concat(revoked)
            .OrderBy(c => c.Seq)
            .Take(limit)
            .Join(
                unlocks,
                c => c.Id,
                u => u.Id,
                (c, u) =>
                    new
                    {
                        c.Seq,
                        c.IsRevocation,
                        Row = u,
                    }
            )
            .OrderBy(c => c.Seq)
            .ToListAsync(cancellationToken);
        var venue = await venues.ReadAsync(venueId, cancellationToken);
        return new(
            venue,
            changes.ConvertAll(c => new LiveEvent<MembershipChange>(
                c.Seq,
                c.Row.Id,
                new MembershipChange(new Unlock(c.Row), c.Seq, c.IsRevocation)
            ))
        );
    }

    public MembershipChange Restate(MembershipChange earlier, MembershipChange later) =>
        new(later.Unlock, earlier.Seq, earlier.IsRevocation);
}
