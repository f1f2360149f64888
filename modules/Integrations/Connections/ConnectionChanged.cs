using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using PosModular.Kernel.Feed;

namespace Integrations.Connections;

/// <summary>The venue's POS connections: first each of them as it is, the oldest first, then each one whose state or settings have changed,
/// within a second. For owners of the venue and HEAD_MODERATOR; FORBIDDEN otherwise.</summary>
internal sealed class ConnectionChanged(LiveFeeds<IVenue, PosConnection> feeds, IVenues venues)
{
    /// <param name="venueId">The id of the venue.</param>
    public async Task<IAsyncEnumerable<PosConnection>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await venues.DemandAsync(venueId, Right.ViewVenue, caller, cancellationToken);
        return feeds.FollowAsync(
            venueId,
            LiveConnectionFeed.BeforeFirst,
            venue => caller.Demand(Right.ViewVenue, venue),
            connection => connection,
            context.CancellationToken
        );
    }
}
