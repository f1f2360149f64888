using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using PosModular.Kernel.Feed;

namespace Analytics.Reconciliations;

/// <summary>The venue's reconciliations: first those that are in progress or have changed in the last ten minutes, then each one whose
/// state has changed, within a second. For owners of the venue and HEAD_MODERATOR; FORBIDDEN otherwise. The figures are for
/// owners.</summary>
internal sealed class ReconciliationChanged(LiveFeeds<IVenue, Reconciliation> feeds, IVenues venues)
{
    /// <param name="venueId">The id of the venue.</param>
    public async Task<IAsyncEnumerable<Reconciliation>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await venues.DemandAsync(venueId, Right.ViewVenue, caller, cancellationToken);
        return feeds.FollowAsync(
            venueId,
            LiveReconciliationFeed.BeforeFirst,
            venue => caller.Demand(Right.ViewVenue, venue),
            reconciliation => reconciliation,
            context.CancellationToken
        );
    }
}
