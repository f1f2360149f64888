using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using PosModular.Kernel.Feed;

namespace Analytics.Revenues;

/// <summary>The figures of the business date that is running: first as they are, then whenever changes have been added up, at most once a
/// second. Requires an owner of the venue; FORBIDDEN otherwise.</summary>
internal sealed class RevenueChanged(LiveFeeds<IVenue, Revenue> feeds, IVenues venues)
{
    /// <param name="venueId">The id of the venue.</param>
    public async Task<IAsyncEnumerable<Revenue>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await venues.DemandAsync(venueId, Right.ViewTransactions, caller, cancellationToken);
        return feeds.FollowAsync(
            venueId,
            LiveRevenueFeed.BeforeFirst,
            venue => caller.Demand(Right.ViewTransactions, venue),
            revenue => revenue,
            context.CancellationToken
        );
    }
}
