using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace PosModular.Kernel.Feed;

/// <summary>Counts the live subscribers of this host, by feed and venue.</summary>
public sealed class LiveSubscribers
{
    private readonly ConcurrentDictionary<(string Feed, string VenueId), int> _counts = new();

    public LiveSubscribers(IMeterFactory meters) =>
        meters
            .Create(FeedRelays.MeterName)
            .CreateObservableGauge(
                "pos.live.subscribers",
                () =>
                    _counts
                        .GroupBy(c => c.Key.Feed)
                        .Select(g => new Measurement<int>(g.Sum(c => c.Value), new KeyValuePair<string, object?>("feed", g.Key))),
                "{subscriber}",
                "Subscriptions that follow a feed on this host."
            );

    /// <summary>The number of subscribers to a feed in one venue.</summary>
    public int CountOf(string feed, string venueId) => _counts.GetValueOrDefault((feed, venueId));

    /// <summary>Counts a subscriber until the result is disposed.</summary>
    public IDisposable Count(string feed, string venueId)
    {
        _counts.AddOrUpdate((feed, venueId), 1, static (_, count) => count + 1);
        return new Subscriber(this, (feed, venueId));
    }

    private void Uncount((string, string) key)
    {
        // The entry of a venue without subscribers is removed, unless another subscriber has just been counted.
        if (_counts.AddOrUpdate(key, 0, static (_, count) => count - 1) == 0)
            _counts.TryRemove(KeyValuePair.Create(key, 0));
    }

    private sealed class Subscriber(LiveSubscribers all, (string, string) key) : IDisposable
    {
        public void Dispose() => all.Uncount(key);
    }
}
