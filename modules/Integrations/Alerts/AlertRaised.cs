using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using PosModular.Kernel.Feed;

namespace Integrations.Alerts;

/// <summary>First each alert of the venue that is open, the oldest first, then each one when it is raised. For owners of the venue and
/// HEAD_MODERATOR; FORBIDDEN otherwise.</summary>
internal sealed class AlertRaised(LiveFeeds<IVenue, Alert> feeds, LiveAlertFeed feed, IVenues venues)
{
    /// <param name="venueId">The id of the venue.</param>
    public async Task<IAsyncEnumerable<Alert>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await venues.DemandAsync(venueId, Right.ViewVenue, caller, cancellationToken);
        return feeds.FollowAsync(
            venueId,
            await feed.BeforeOpenAsync(venueId, cancellationToken),
            venue => caller.Demand(Right.ViewVenue, venue),
            alert => alert.IsOpen ? alert : null,
            context.CancellationToken
        );
    }
}
