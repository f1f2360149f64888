using System.Runtime.CompilerServices;
using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Time;

namespace Rules.Unlocks;

/// <summary>Delivers each unlock and each revocation at the venue once. With after, everything since that cursor comes first and live
/// changes follow without a gap. For owners of the venue, and for every user with their own userId. Errors: FORBIDDEN; INVALID_INPUT for an
/// invalid cursor.</summary>
internal sealed class MembershipChanged(
    LiveFeeds<IVenue, MembershipChange> feeds,
    LiveMembershipFeed feed,
    IVenues venues,
    TimeProvider time
)
{
    /// <param name="venueId">The id of the venue.</param>
    /// <param name="userId">Delivers only this user's changes; everybody's when left out.</param>
    /// <param name="after">The cursor of the last change that the client received; left out to start now.</param>
    public async Task<IAsyncEnumerable<MembershipChange>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        [Id] string? userId = null,
        string? after = null
    )
    {
        var caller = context.Caller();
        var isOwn = userId == caller.UserId;
        var venue = await venues.FindAsync(venueId, cancellationToken);
        if (!isOwn)
            await venues.DemandAsync(venueId, Right.ViewTransactions, caller, cancellationToken);
        var head = (await feed.ReadHeadsAsync([venueId], cancellationToken)).GetValueOrDefault(venueId);
        var start = after is null ? head : Cursor.DecodeSequence(MembershipChange.CursorKind, venueId, after, isOwn ? long.MaxValue : head);
        // Whoever may not see the venue must not learn from the answer whether it exists: nothing happens at an unknown one, and a
        // guest's cursor beyond the end of the feed starts at its end.
        return venue is null
            ? NothingAsync(time, context.CancellationToken)
            : feeds.FollowAsync(
                venueId,
                Math.Min(start, head),
                current => DemandUnlessOwn(current, caller, isOwn),
                change => userId is null || change.Unlock.UserId == userId ? change : null,
                context.CancellationToken
            );
    }

    private static void DemandUnlessOwn(IVenue venue, Caller caller, bool isOwn)
    {
        if (!isOwn)
            caller.Demand(Right.ViewTransactions, venue);
    }

    private static async IAsyncEnumerable<MembershipChange> NothingAsync(
        TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await time.DelayAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        yield break;
    }
}
