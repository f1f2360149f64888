using GraphQL;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel;
using PosModular.Kernel.Feed;

namespace Rules.Unlocks;

/// <summary>Once for each unlock, from the feed of unlocks. With after: everything since that cursor first, then live, without a gap. Owner
/// only; FORBIDDEN otherwise, INVALID_INPUT for a bad cursor.</summary>
internal sealed class TierUnlocked(IDbContextFactory<RulesDb> dbs, IVenues venues, FeedTail tail)
{
    public const string Feed = "rules";
    private const int Page = 200;

    /// <param name="venueId">Which venue.</param>
    /// <param name="userId">Only this user's.</param>
    /// <param name="after">Unlock.cursor of the last one seen.</param>
    public async Task<IAsyncEnumerable<Unlock>> Handle([Id] string venueId, IResolveFieldContext context, CancellationToken ct, [Id] string? userId = null, string? after = null)
    {
        var caller = context.Caller();
        await venues.DemandAsync(venueId, Right.SeeSales, caller, ct);
        var head = await HeadAsync(venueId, ct);
        var start = after is null ? head : Cursor.ReadSeq(Unlock.CursorKind, venueId, after, head);
        return tail.Follow(Feed, venueId, start, ReadAsync, context.CancellationToken);

        async Task<(IReadOnlyList<Unlock>, long)> ReadAsync(long place, CancellationToken token)
        {
            await venues.DemandAsync(venueId, Right.SeeSales, caller, token);
            var end = await HeadAsync(venueId, token);
            if (end <= place)
                return ([], place);
            await using var db = await dbs.CreateDbContextAsync(token);
            var rows = await db.Unlocks.AsNoTracking().Where(u => u.VenueId == venueId && u.Seq > place && u.Seq <= end && (userId == null || u.UserId == userId))
                .OrderBy(u => u.Seq).Take(Page).ToListAsync(token);
            return (rows.ConvertAll(u => new Unlock(u)), rows.Count < Page ? end : rows[^1].Seq);
        }
    }

    private async Task<long> HeadAsync(string venueId, CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        return await db.Heads.AsNoTracking().Where(h => h.VenueId == venueId).Select(h => h.Seq).SingleOrDefaultAsync(ct);
    }
}
