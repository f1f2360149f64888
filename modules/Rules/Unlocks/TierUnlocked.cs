using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Paging;

namespace Rules.Unlocks;

/// <summary>Delivers each unlock at the venue once. With after, everything since that cursor comes first and live unlocks follow without
/// a gap. The unlock is shown as it is now, even if it was revoked since. Requires an owner of the venue. Errors: FORBIDDEN; INVALID_INPUT
/// for an invalid cursor.</summary>
internal sealed class TierUnlocked(IDbContextFactory<RulesDb> dbFactory, IVenues venues, FeedTail tail)
{
    public const string Feed = "rules";

    /// <param name="venueId">The id of the venue.</param>
    /// <param name="userId">Delivers only this user's unlocks; everybody's when left out.</param>
    /// <param name="after">The cursor of the last unlock that the client received; left out to start now.</param>
    public async Task<IAsyncEnumerable<Unlock>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        [Id] string? userId = null,
        string? after = null
    )
    {
        var caller = context.Caller();
        await venues.DemandAsync(venueId, Right.ViewTransactions, caller, cancellationToken);
        var head = await HeadAsync(venueId, cancellationToken);
        var start = after is null ? head : Cursor.DecodeSequence(Unlock.CursorKind, venueId, after, head);
        return tail.FollowAsync(Feed, venueId, start, ReadAsync, context.CancellationToken);

        async Task<FeedPage<Unlock>> ReadAsync(long position, int limit, CancellationToken token)
        {
            await venues.DemandAsync(venueId, Right.ViewTransactions, caller, token);
            var end = await HeadAsync(venueId, token);
            if (end <= position)
                return new([], position);
            await using var db = await dbFactory.CreateDbContextAsync(token);
            var rows = await db
                .Unlocks.AsNoTracking()
                .Where(u => u.VenueId == venueId && u.Seq > position && u.Seq <= end && (userId == null || u.UserId == userId))
                .OrderBy(u => u.Seq)
                .Take(limit)
                .ToListAsync(token);
            return new(rows.ConvertAll(u => (u.Seq, new Unlock(u))), rows.Count < limit ? end : rows[^1].Seq);
        }
    }

    private async Task<long> HeadAsync(string venueId, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .FeedHeads.AsNoTracking()
            .Where(h => h.VenueId == venueId)
            .Select(h => h.Seq)
            .SingleOrDefaultAsync(cancellationToken);
    }
}
