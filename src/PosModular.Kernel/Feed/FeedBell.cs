using System.Collections.Concurrent;
using System.Threading.Channels;

namespace PosModular.Kernel.Feed;

/// <summary>Wakes whoever follows a feed, in this process at once and on other hosts through <see cref="BellTower"/>. It carries no
/// facts: losing a ring loses nothing but time, since whoever follows a feed also looks by itself once a second.</summary>
public sealed class FeedBell
{
    private readonly ConcurrentDictionary<(string Source, string? VenueId), ConcurrentDictionary<Rope, byte>> _ropes = new();

    internal Channel<(string Source, string VenueId)> Outgoing { get; } =
        Channel.CreateBounded<(string, string)>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>To be called after the commit.</summary>
    public void Ring(string source, IReadOnlyCollection<string> venues)
    {
        RingHere(source, venues);
        foreach (var venue in venues)
            Outgoing.Writer.TryWrite((source, venue));
    }

    /// <summary>Wakes this process only; null venues are all of them.</summary>
    internal void RingHere(string source, IReadOnlyCollection<string>? venues)
    {
        if (venues is null)
        {
            foreach (var (key, ropes) in _ropes)
                if (key.Source == source)
                    Pull(ropes, null);
            return;
        }
        if (_ropes.TryGetValue((source, null), out var everywhere))
            Pull(everywhere, venues);
        foreach (var venue in venues)
            if (_ropes.TryGetValue((source, venue), out var here))
                Pull(here, null);
    }

    internal void RingAll()
    {
        foreach (var (_, ropes) in _ropes)
            Pull(ropes, null);
    }

    /// <summary>Listens to one feed, in one venue or in all.</summary>
    public Rope Listen(string source, string? venueId = null)
    {
        var rope = new Rope(this, (source, venueId));
        _ropes.GetOrAdd((source, venueId), static _ => new()).TryAdd(rope, 0);
        return rope;
    }

    /// <summary>How many listen to a feed in one venue.</summary>
    public int Listeners(string source, string venueId) => _ropes.TryGetValue((source, venueId), out var ropes) ? ropes.Count : 0;

    private static void Pull(ConcurrentDictionary<Rope, byte> ropes, IReadOnlyCollection<string>? venues)
    {
        foreach (var (rope, _) in ropes)
            rope.Pull(venues);
    }

    /// <summary>One listener. Rings while nobody waits are kept, folded into one.</summary>
    public sealed class Rope(FeedBell bell, (string, string?) key) : IDisposable
    {
        private readonly Channel<bool> _rung = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private readonly HashSet<string> _venues = [];
        private bool _all;

        internal void Pull(IReadOnlyCollection<string>? venues)
        {
            lock (_venues)
            {
                if (venues is null)
                    _all = true;
                else
                    _venues.UnionWith(venues);
            }
            _rung.Writer.TryWrite(true);
        }

        /// <summary>Waits for a ring, but no longer than the given time; says whether there was one.</summary>
        public async Task<bool> WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken ct)
        {
            if (_rung.Reader.TryRead(out _))
                return true;
            using var timer = new CancellationTokenSource(longest, time);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
            try
            {
                return await _rung.Reader.ReadAsync(patience.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return false;
            }
        }

        /// <summary>The venues rung since the last call; null for all of them.</summary>
        public string[]? Take()
        {
            lock (_venues)
            {
                var taken = _all ? null : _venues.ToArray();
                _venues.Clear();
                _all = false;
                return taken;
            }
        }

        public void Dispose()
        {
            if (bell._ropes.TryGetValue(key, out var ropes))
                ropes.TryRemove(this, out _);
        }
    }
}
