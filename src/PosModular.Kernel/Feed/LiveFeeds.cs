using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>Streams a feed to live subscribers: first all events after a position, then new ones, in order, without a gap or a repetition.
/// However many subscribers follow a venue, its events are read once and are the same objects for all of them. A subscriber that falls
/// behind what is kept in memory reads from the database until it has caught up.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing that must be released.")]
public sealed class LiveFeeds<TVenue, TEvent>(
    ILiveFeed<TVenue, TEvent> feed,
    LiveSubscribers subscribers,
    FeedSignal signal,
    TimeProvider time
)
    where TVenue : class
    where TEvent : class
{
    private const int MinLimit = 10;
    private const int MaxLimit = 200;

    // Subscribers that come back after an outage read what they have missed. Webhooks must find a connection meanwhile.
    private const int MaxCatchingUp = 8;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LiveTail<TVenue, TEvent>> _tails = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _catchingUp = new(MaxCatchingUp);
    private bool _isPolling;

    /// <param name="venueId">The venue.</param>
    /// <param name="after">The last sequence number that the subscriber has seen.</param>
    /// <param name="demand">Throws when the subscriber may not see the venue's events. It is called for each reading of the venue, before
    /// the events that were read with it.</param>
    /// <param name="select">What the subscriber receives of an event; null for nothing.</param>
    /// <param name="cancellationToken">Ends the stream with an OperationCanceledException.</param>
    public async IAsyncEnumerable<TItem> FollowAsync<TItem>(
        string venueId,
        long after,
        Action<TVenue> demand,
        Func<TEvent, TItem?> select,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
        where TItem : class
    {
        var waiter = new LiveWaiter();
        var tail = Join(venueId, waiter);
        await using var cancellation = cancellationToken.UnsafeRegister(static w => ((LiveWaiter)w!).Signal(), waiter);
        using var counted = subscribers.Count(feed.Name, venueId);
        try
        {
            TVenue? checkedVenue = null;
            var limit = MaxLimit;
            while (true)
            {
                // A stream that ended without an error would tell the client that it is complete.
                cancellationToken.ThrowIfCancellationRequested();
                var step = tail.Take(after);
                if (step.Venue is { } venue && !ReferenceEquals(venue, checkedVenue))
                {
                    demand(venue);
                    checkedVenue = venue;
                }
                if (step.Event is { } next)
                {
                    after = next.Seq;
                    if (select(next.Value) is { } item)
                        yield return item;
                    continue;
                }
                if (!step.IsBehind)
                {
                    await waiter.WaitAsync();
                    continue;
                }

                // The next events are no longer in memory. The subscriber takes each as it is at that moment, and none may go back behind
                // what another subscription has shown since: when the feed has moved since the page was read, or after a second, the rest
                // of the page is read again.
                var readAt = time.GetTimestamp();
                if (await TryReadAsync(venueId, after, limit, cancellationToken) is not { } page)
                    continue;
                demand(page.Venue);
                var taken = 0;
                foreach (var missed in page.Events)
                {
                    if (taken > 0 && (tail.HasMovedSince(step.Moves) || time.GetElapsedTime(readAt) >= PollInterval))
                        break;
                    (after, taken) = (missed.Seq, taken + 1);
                    if (select(missed.Value) is { } item)
                        yield return item;
                }
                if (page.Events.Count == 0)
                    after = step.Start;
                // A slow subscriber does not have long pages read again and again.
                limit = Math.Clamp(2 * taken, MinLimit, MaxLimit);
            }
        }
        finally
        {
            Leave(tail, waiter);
        }
    }

    private async Task<LivePage<TVenue, TEvent>?> TryReadAsync(string venueId, long after, int limit, CancellationToken cancellationToken)
    {
        try
        {
            await _catchingUp.WaitAsync(cancellationToken);
            try
            {
                return await feed.ReadAsync(venueId, after, after, limit, cancellationToken);
            }
            finally
            {
                _catchingUp.Release();
            }
        }
        catch (Exception e) when (e.IsTransient())
        {
            await time.DelayAsync(PollInterval, cancellationToken); // The position is kept, so nothing is missed.
            return null;
        }
    }

    private LiveTail<TVenue, TEvent> Join(string venueId, LiveWaiter waiter)
    {
        lock (_lock)
        {
            if (!_tails.TryGetValue(venueId, out var tail))
                _tails[venueId] = tail = new(feed, venueId, signal, time);
            tail.Add(waiter);
            if (!_isPolling)
            {
                _isPolling = true;
                _ = Task.Run(PollAsync);
            }
            return tail;
        }
    }

    private void Leave(LiveTail<TVenue, TEvent> tail, LiveWaiter waiter)
    {
        lock (_lock)
        {
            if (!tail.Remove(waiter))
                return;
            _tails.Remove(tail.VenueId);
        }
        tail.Stop();
    }

    /// <summary>Once a second, one statement for all venues finds the commits whose signal was lost.</summary>
    private async Task PollAsync()
    {
        while (true)
        {
            await time.DelayAsync(PollInterval, CancellationToken.None);
            Dictionary<string, LiveTail<TVenue, TEvent>> tails;
            lock (_lock)
            {
                if (_tails.Count == 0)
                {
                    _isPolling = false;
                    return;
                }
                tails = new(_tails);
            }
            try
            {
                foreach (var (venueId, head) in await feed.ReadHeadsAsync(tails.Keys, CancellationToken.None))
                    tails[venueId].Poll(head);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // A database that does not answer is asked again in a second. The tails report what lasts.
            }
        }
    }
}
