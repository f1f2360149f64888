using System.Diagnostics.CodeAnalysis;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>Follows one venue's feed for all of its subscribers on this host. It reads each event once, keeps the latest events in memory
/// and lets each subscriber take them at its own speed.</summary>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "The source has no timer, and subscribers may still hold its token when the tail stops."
)]
internal sealed class LiveTail<TVenue, TEvent>
    where TVenue : class
    where TEvent : class
{
    private const int MaxEvents = 1_000;
    private const int MaxPage = 200;
    private static readonly TimeSpan MaxEventAge = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    // A signal may be lost. Heads are polled once a second for all tails together (LiveFeeds); the venue is read again after this time.
    private static readonly TimeSpan MaxVenueAge = TimeSpan.FromSeconds(10);

    private readonly ILiveFeed<TVenue, TEvent> _feed;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly FeedSubscription _wakeup;
    private readonly Lock _lock = new();
    private readonly List<Kept> _events = [];
    private readonly HashSet<LiveWaiter> _waiters = [];
    private LiveWaiter[]? _waiterList;
    private long _moves;
    private bool _isDelivering;
    private TVenue? _venue;
    private long _start;
    private long _end;
    private Exception? _failure;

    public LiveTail(ILiveFeed<TVenue, TEvent> feed, string venueId, FeedSignal signal, TimeProvider time)
    {
        (_feed, VenueId, _time) = (feed, venueId, time);
        // Listening starts before the first read, so that a commit in between is signalled.
        _wakeup = signal.Listen([feed.Name, feed.VenueSignal], venueId);
        _ = Task.Run(RunAsync);
    }

    public string VenueId { get; }

    /// <summary>Signals the waiter whenever the tail has read.</summary>
    public void Add(LiveWaiter waiter)
    {
        lock (_lock)
        {
            _waiters.Add(waiter);
            _waiterList = null;
        }
    }

    /// <summary>Removes a waiter; true when none is left.</summary>
    public bool Remove(LiveWaiter waiter)
    {
        lock (_lock)
        {
            _waiters.Remove(waiter);
            _waiterList = null;
            return _waiters.Count == 0;
        }
    }

    /// <summary>Wakes the tail when the feed has moved and the signal of it was lost.</summary>
    public void Poll(long head)
    {
        lock (_lock)
            if (_venue is null || head <= _end)
                return;
        _wakeup.Set();
    }

    public void Stop() => _stopping.Cancel();

    /// <summary>Returns the first kept event after a position, or what there is instead of one.</summary>
    /// <exception cref="Exception">The exception with which reading the feed failed for good.</exception>
    public LiveStep<TVenue, TEvent> Take(long position)
    {
        lock (_lock)
        {
            if (_failure is not null)
                throw _failure;
            if (_venue is null)
                return new(null, _moves, 0, false, null);
            if (position < _start)
                return new(_venue, _moves, _start, true, null);
            var index = IndexAfter(position);
            return new(_venue, _moves, _start, false, index < _events.Count ? _events[index].Event : null);
        }
    }

    private int IndexAfter(long position)
    {
        var (low, high) = (0, _events.Count);
        // Nearly every subscriber is at the end.
        if (high == 0 || _events[^1].Event.Seq <= position)
            return high;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_events[middle].Event.Seq <= position)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private async Task RunAsync()
    {
        var cancellationToken = _stopping.Token;
        try
        {
            using var wakeup = _wakeup;
            while (!cancellationToken.IsCancellationRequested)
            {
                wakeup.Reset();
                try
                {
                    await ReadAsync(cancellationToken);
                }
                catch (Exception e) when (e.IsTransient())
                {
                    await _time.DelayAsync(RetryDelay, cancellationToken); // The position is kept, so nothing is missed.
                    continue;
                }
                await wakeup.WaitAsync(MaxVenueAge, _time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested) { }
        catch (Exception e)
        {
            lock (_lock)
                _failure = e;
            Move();
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (_venue is null)
        {
            var heads = await _feed.ReadHeadsAsync([VenueId], cancellationToken);
            _start = _end = heads.GetValueOrDefault(VenueId);
        }
        int newEvents;
        do
        {
            var page = await _feed.ReadAsync(VenueId, _start, _end, MaxPage, cancellationToken);
            newEvents = Keep(page);
            Move();
        } while (newEvents >= MaxPage);
    }

    /// <summary>Takes up a page and returns the number of its events that are new.</summary>
    private int Keep(LivePage<TVenue, TEvent> page)
    {
        var (newEvents, now) = (0, _time.GetTimestamp());
        lock (_lock)
        {
            _venue = page.Venue;
            foreach (var read in page.Events)
            {
                Restate(read);
                if (read.Seq <= _end)
                    continue;
                _events.Add(new(read, now));
                _end = read.Seq;
                newEvents++;
            }
            var dropped = 0;
            while (
                dropped < _events.Count
                && (_events.Count - dropped > MaxEvents || _time.GetElapsedTime(_events[dropped].At, now) > MaxEventAge)
            )
                _start = _events[dropped++].Event.Seq;
            _events.RemoveRange(0, dropped);
        }
        return newEvents;
    }

    /// <summary>Shows the earlier events of the same subject with its new state, so that no subscriber's cache goes back in time.</summary>
    private void Restate(LiveEvent<TEvent> read)
    {
        for (var i = 0; i < _events.Count; i++)
        {
            var kept = _events[i].Event;
            if (kept.SubjectId == read.SubjectId)
                _events[i] = _events[i] with { Event = kept with { Value = _feed.Restate(kept.Value, read.Value) } };
        }
    }

    /// <summary>Lets the subscribers take what is new while the tail goes on reading.</summary>
    private void Move()
    {
        lock (_lock)
        {
            _moves++;
            if (_isDelivering)
                return;
            _isDelivering = true;
        }
        _ = LiveScheduler.RunAsync(Deliver);
    }

    /// <summary>Signals one subscriber after the other, and all of them again when the tail has read meanwhile. Each returns as soon as its
    /// network does not take more.</summary>
    private void Deliver()
    {
        while (true)
        {
            LiveWaiter[] waiters;
            long moves;
            lock (_lock)
                (waiters, moves) = (_waiterList ??= [.. _waiters], _moves);
            foreach (var waiter in waiters)
                waiter.Signal();
            lock (_lock)
            {
                if (_moves != moves)
                    continue;
                _isDelivering = false;
                return;
            }
        }
    }

    /// <summary>Whether the tail has read since a step was taken.</summary>
    public bool HasMovedSince(long moves)
    {
        lock (_lock)
            return _moves != moves;
    }

    private readonly record struct Kept(LiveEvent<TEvent> Event, long At);
}

/// <summary>What a subscriber finds at its position.</summary>
/// <param name="Venue">The venue as it was read last; null before the first reading.</param>
/// <param name="Moves">How often the tail had read.</param>
/// <param name="Start">Events after this sequence number are kept in memory.</param>
/// <param name="IsBehind">Whether the next event is older than what is kept in memory, so that it is read from the database.</param>
/// <param name="Event">The next event; null when there is none yet.</param>
internal readonly record struct LiveStep<TVenue, TEvent>(TVenue? Venue, long Moves, long Start, bool IsBehind, LiveEvent<TEvent>? Event);
