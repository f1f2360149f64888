using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Paging;

namespace Rules.Unlocks;

/// <summary>Delivers each unlock at the venue once. With after, everything since that cursor comes first and live unlocks follow without
/// a gap. The unlock is shown as it is now, even if it was revoked since. Requires an owner of the venue. Errors: FORBIDDEN; INVALID_INPUT
/// for an invalid cursor.</summary>
internal sealed class TierUnlocked(LiveFeeds<IVenue, MembershipChange> feeds, LiveMembershipFeed feed, IVenues venues)
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
        var head = (await feed.ReadHeadsAsync([venueId], cancellationToken)).GetValueOrDefault(venueId);
        var start = after is null ? head : Cursor.DecodeSequence(Unlock.CursorKind, venueId, after, head);
        return feeds.FollowAsync(
            venueId,
            start,
            venue => caller.Demand(Right.ViewTransactions, venue),
            change => userId is null || change.Unlock.UserId == userId ? change.Unlocked : null,
            context.CancellationToken
        );
    }
}
