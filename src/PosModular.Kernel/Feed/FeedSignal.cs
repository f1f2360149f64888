using System.Collections.Concurrent;
using System.Threading.Channels;

namespace PosModular.Kernel.Feed;

/// <summary>Wakes whoever follows a feed, in this process at once and on other hosts through <see cref="FeedListener"/>. It carries no
/// facts: losing a ring loses nothing but time, since whoever follows a feed also looks by itself once a second.</summary>
public sealed class FeedSignal
{
    private readonly ConcurrentDictionary<(string Source, string? VenueId), ConcurrentDictionary<WakeupSignal, byte>> _listeners = new();

    internal Channel<(string Source, string VenueId)> Outgoing { get; } =
        Channel.CreateBounded<(string, string)>(
            new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }
        );

    /// <summary>To be called after the commit.</summary>
    public void Raise(string source, IReadOnlyCollection<string> venueIds)
    {
        RaiseLocally(source, venueIds);
        foreach (var venueId in venueIds)
            Outgoing.Writer.TryWrite((source, venueId));
    }

    /// <summary>Wakes this process only; null venues are all of them.</summary>
    internal void RaiseLocally(string source, IReadOnlyCollection<string>? venueIds)
    {
        if (venueIds is null)
        {
            foreach (var (key, listeners) in _listeners)
                if (key.Source == source)
                    Wake(listeners, null);
            return;
        }
        if (_listeners.TryGetValue((source, null), out var allVenuesListeners))
            Wake(allVenuesListeners, venueIds);
        foreach (var venueId in venueIds)
            if (_listeners.TryGetValue((source, venueId), out var venueListeners))
                Wake(venueListeners, null);
    }

    internal void WakeAll()
    {
        foreach (var (_, listeners) in _listeners)
            Wake(listeners, null);
    }

    /// <summary>Listens to one feed, in one venue or in all.</summary>
    public WakeupSignal Listen(string source, string? venueId = null)
    {
        var listener = new WakeupSignal(this, (source, venueId));
        _listeners.GetOrAdd((source, venueId), static _ => new()).TryAdd(listener, 0);
        return listener;
    }

    /// <summary>How many listen to a feed in one venue.</summary>
    public int CountListeners(string source, string venueId) =>
        _listeners.TryGetValue((source, venueId), out var listeners) ? listeners.Count : 0;

    private static void Wake(ConcurrentDictionary<WakeupSignal, byte> listeners, IReadOnlyCollection<string>? venueIds)
    {
        foreach (var (listener, _) in listeners)
            listener.Set(venueIds);
    }

    /// <summary>One listener. Rings while nobody waits are kept, folded into one.</summary>
    public sealed class WakeupSignal(FeedSignal signal, (string, string?) key) : IDisposable
    {
        private readonly Channel<bool> _wakeups = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
        );
        private readonly HashSet<string> _venueIds = [];
        private bool _allVenues;

        internal void Set(IReadOnlyCollection<string>? venueIds)
        {
            lock (_venueIds)
            {
                if (venueIds is null)
                    _allVenues = true;
                else
                    _venueIds.UnionWith(venueIds);
            }
            _wakeups.Writer.TryWrite(true);
        }

        /// <summary>Waits for a ring, but no longer than the given time; says whether there was one.</summary>
        public async Task<bool> WaitAsync(TimeSpan maxWait, TimeProvider time, CancellationToken cancellationToken)
        {
            if (_wakeups.Reader.TryRead(out _))
                return true;
            using var timer = new CancellationTokenSource(maxWait, time);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
            try
            {
                return await _wakeups.Reader.ReadAsync(deadline.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }

        /// <summary>The venues rung since the last call; null for all of them.</summary>
        public string[]? TakeVenueIds()
        {
            lock (_venueIds)
            {
                var taken = _allVenues ? null : _venueIds.ToArray();
                _venueIds.Clear();
                _allVenues = false;
                return taken;
            }
        }

        public void Dispose()
        {
            if (signal._listeners.TryGetValue(key, out var listeners))
                listeners.TryRemove(this, out _);
        }
    }
}
