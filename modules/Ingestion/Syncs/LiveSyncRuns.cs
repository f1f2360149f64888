using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Ingestion.Syncs;

/// <summary>Streams the states of a venue's sync runs to live subscribers. However many follow a venue, its runs are read once.</summary>
internal sealed class LiveSyncRuns(
    IDbContextFactory<IngestionDb> dbFactory,
    IVenues venues,
    IPosConnections connections,
    LiveSubscribers subscribers,
    FeedSignal signal,
    IClock clock,
    TimeProvider time
)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // The clocks and commits of two hosts overlap. A state that was sent already is not sent again.
    private static readonly Duration Overlap = Duration.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Tail> _tails = new(StringComparer.Ordinal);

    /// <summary>First the runs in progress, then each change, always in the latest state.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="demand">Throws when the subscriber may not see the venue. It is called for each reading of the venue, before the states
    /// that were read with it.</param>
    /// <param name="cancellationToken">Ends the stream with an OperationCanceledException.</param>
    public async IAsyncEnumerable<SyncRun> FollowAsync(
        string venueId,
        Action<IVenue> demand,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var (tail, startedAt, sentAt) = (Join(venueId), clock.Now(), new Dictionary<Guid, Instant>());
        using var counted = subscribers.Count(SyncSignal.ProgressChannel, venueId);
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (venue, runs, moved) = tail.Current;
                if (venue is not null)
                    demand(venue);
                foreach (var run in runs)
                {
                    if (
                        sentAt.TryGetValue(run.Id, out var at)
                            ? run.UpdatedAt <= at
                            : run.UpdatedAt < startedAt && run.Status is not (SyncStatus.Running or SyncStatus.Parked)
                    )
                        continue;
                    sentAt[run.Id] = run.UpdatedAt;
                    yield return run;
                }
                await moved.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            Leave(tail);
        }
    }

    private Tail Join(string venueId)
    {
        lock (_lock)
        {
            if (!_tails.TryGetValue(venueId, out var tail))
            {
                _tails[venueId] = tail = new Tail(venueId);
                _ = Task.Run(() => RunAsync(tail));
            }
            tail.Subscribers++;
            return tail;
        }
    }

    private void Leave(Tail tail)
    {
        lock (_lock)
        {
            if (--tail.Subscribers > 0)
                return;
            _tails.Remove(tail.VenueId);
        }
        tail.Stopping.Cancel();
    }

    private async Task RunAsync(Tail tail)
    {
        var cancellationToken = tail.Stopping.Token;
        var since = clock.Now();
        using var wakeup = signal.Listen(SyncSignal.ProgressChannel, tail.VenueId);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var runs = await ReadAsync(tail.VenueId, since - Overlap, cancellationToken);
                // The venue is read after the runs, so that nothing that was committed after a change of its owners comes with those of
                // before.
                tail.Move(await venues.ReadAsync(tail.VenueId, cancellationToken), runs);
                since = runs.Select(r => r.UpdatedAt).Append(since).Max();
            }
            catch (Exception e) when (e.IsTransient())
            {
                // The database is unavailable. The missed states are sent when it is back.
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                tail.Fail(e);
                return;
            }
            try
            {
                await wakeup.WaitAsync(PollInterval, time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<IReadOnlyList<SyncRun>> ReadAsync(string venueId, Instant since, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db
            .SyncRuns.AsNoTracking()
            .Where(r => r.VenueId == venueId && (r.UpdatedAt > since || r.Status == SyncStatus.Running || r.Status == SyncStatus.Parked))
            .OrderBy(r => r.UpdatedAt)
            .Take(200)
            .ToListAsync(cancellationToken);
        var runs = new List<SyncRun>();
        foreach (var row in rows)
            runs.Add(
                new SyncRun(
                    row,
                    await connections.FindAsync(row.ConnectionId, cancellationToken) is { } details
                        ? connections.Streams(details.Provider, row.ByCreation).Count
                        : 1
                )
            );
        return runs;
    }

    /// <summary>What was read last for all subscribers of one venue.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The source has no timer, and the reading loop may still hold its token.")]
    private sealed class Tail(string venueId)
    {
        private readonly Lock _lock = new();
        private (IVenue? Venue, IReadOnlyList<SyncRun> Runs) _read = (null, []);
        private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _failure;

        public string VenueId => venueId;

        public int Subscribers { get; set; }

        public CancellationTokenSource Stopping { get; } = new();

        public (IVenue? Venue, IReadOnlyList<SyncRun> Runs, Task Moved) Current
        {
            get
            {
                lock (_lock)
                    return _failure is null ? (_read.Venue, _read.Runs, _moved.Task) : throw _failure;
            }
        }

        public void Move(IVenue venue, IReadOnlyList<SyncRun> runs) => Publish(() => _read = (venue, runs));

        public void Fail(Exception failure) => Publish(() => _failure = failure);

        private void Publish(Action change)
        {
            TaskCompletionSource moved;
            lock (_lock)
            {
                change();
                (moved, _moved) = (_moved, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }
            moved.SetResult();
        }
    }
}
