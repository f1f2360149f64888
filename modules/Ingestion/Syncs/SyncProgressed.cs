using System.Runtime.CompilerServices;
using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Ingestion.Syncs;

/// <summary>Reports the progress of a venue's syncs, page by page: first the runs in progress, then each change, always in the latest
/// state. For owners of the venue and HEAD_MODERATOR; FORBIDDEN otherwise.</summary>
internal sealed class SyncProgressed(
    IDbContextFactory<IngestionDb> dbFactory,
    IVenues venues,
    IPosConnections connections,
    FeedSignal signal,
    IClock clock,
    TimeProvider time
)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // The clocks and commits of two hosts overlap. A state that was sent already is not sent again.
    private static readonly Duration Overlap = Duration.FromSeconds(30);

    /// <param name="venueId">The venue.</param>
    public async Task<IAsyncEnumerable<SyncRun>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await venues.DemandAsync(venueId, Right.ViewVenue, caller, cancellationToken);
        return FollowAsync(venueId, caller, context.CancellationToken);
    }

    private async IAsyncEnumerable<SyncRun> FollowAsync(
        string venueId,
        Caller caller,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using var wakeup = signal.Listen(SyncSignal.ProgressChannel, venueId);
        var sentAt = new Dictionary<Guid, Instant>();
        var startedAt = clock.Now();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            IReadOnlyList<SyncRun> changedRuns = [];
            try
            {
                changedRuns = await ReadAsync(venueId, caller, sentAt, startedAt, cancellationToken);
            }
            catch (Exception e) when (e.IsTransient())
            {
                // The database is unavailable. The missed states are sent when it is back.
            }
            foreach (var run in changedRuns)
            {
                sentAt[run.Id] = run.UpdatedAt;
                yield return run;
            }
            await wakeup.WaitAsync(PollInterval, time, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<SyncRun>> ReadAsync(
        string venueId,
        Caller caller,
        Dictionary<Guid, Instant> sentAt,
        Instant startedAt,
        CancellationToken cancellationToken
    )
    {
        await venues.DemandAsync(venueId, Right.ViewVenue, caller, cancellationToken);
        var since = (sentAt.Count == 0 ? startedAt : sentAt.Values.Max()) - Overlap;
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db
            .SyncRuns.AsNoTracking()
            .Where(r => r.VenueId == venueId && (r.UpdatedAt > since || r.Status == SyncStatus.Running || r.Status == SyncStatus.Parked))
            .OrderBy(r => r.UpdatedAt)
            .Take(200)
            .ToListAsync(cancellationToken);
        var changedRuns = new List<SyncRun>();
        foreach (
            var row in rows.Where(r =>
                sentAt.TryGetValue(r.Id, out var at)
                    ? r.UpdatedAt > at
                    : r.UpdatedAt >= startedAt || r.Status is SyncStatus.Running or SyncStatus.Parked
            )
        )
            changedRuns.Add(
                new SyncRun(
                    row,
                    await connections.FindAsync(row.ConnectionId, cancellationToken) is { } details
                        ? connections.Streams(details.Provider, row.ByCreation).Count
                        : 1
                )
            );
        return changedRuns;
    }
}
