using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;

namespace Ingestion.Syncs;

/// <summary>Reports the progress of a venue's syncs, page by page: first the runs in progress, then each change, always in the latest
/// state. For owners of the venue and HEAD_MODERATOR; FORBIDDEN otherwise.</summary>
internal sealed class SyncProgressed(LiveSyncRuns runs, IVenues venues)
{
    /// <param name="venueId">The venue.</param>
    public async Task<IAsyncEnumerable<SyncRun>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await venues.DemandAsync(venueId, Right.ViewVenue, caller, cancellationToken);
        return runs.FollowAsync(venueId, venue => caller.Demand(Right.ViewVenue, venue), context.CancellationToken);
    }
}
