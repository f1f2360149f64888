using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>One listener of a <see cref="FeedSignal"/>. It also remembers which venues were signalled.</summary>
public sealed class FeedSubscription : WakeupSignal, IDisposable
{
    private readonly Action<FeedSubscription> _unsubscribe;
    private readonly HashSet<string> _venueIds = [];
    private bool _allVenues;

    internal FeedSubscription(Action<FeedSubscription> unsubscribe) => _unsubscribe = unsubscribe;

    /// <summary>Wakes the listener for these venues; null means all of them.</summary>
    internal void Set(IReadOnlyCollection<string>? venueIds)
    {
        lock (_venueIds)
        {
            if (venueIds is null)
                _allVenues = true;
            else
                _venueIds.UnionWith(venueIds);
        }
        Set();
    }

    /// <summary>The venues signalled since the last call; null means all of them.</summary>
    public string[]? TakeVenueIds()
    {
        lock (_venueIds)
        {
            var venueIds = _allVenues ? null : _venueIds.ToArray();
            _venueIds.Clear();
            _allVenues = false;
            return venueIds;
        }
    }

    public void Dispose() => _unsubscribe(this);
}
