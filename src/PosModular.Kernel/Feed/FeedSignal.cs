using System.Collections.Concurrent;
using System.Threading.Channels;

namespace PosModular.Kernel.Feed;

/// <summary>Wakes everything that follows a feed, in this process at once and on other hosts through <see cref="FeedListener"/>.</summary>
/// <remarks>A signal carries no facts. A lost signal costs time only, because every follower also polls once a second.</remarks>
public sealed class FeedSignal
{
    private readonly ConcurrentDictionary<(string Source, string? VenueId), ConcurrentDictionary<FeedSubscription, byte>> _subscriptions =
        new();

    internal Channel<(string Source, string VenueId)> Outgoing { get; } =
        Channel.CreateBounded<(string, string)>(
            new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }
        );

    /// <summary>Wakes the listeners of these venues on every host. Call it after the commit.</summary>
    public void Raise(string source, IReadOnlyCollection<string> venueIds)
    {
        RaiseLocally(source, venueIds);
        foreach (var venueId in venueIds)
            Outgoing.Writer.TryWrite((source, venueId));
    }

    /// <summary>Wakes listeners of this process only; null means all venues.</summary>
    internal void RaiseLocally(string source, IReadOnlyCollection<string>? venueIds)
    {
        if (venueIds is null)
        {
            foreach (var (key, subscriptions) in _subscriptions)
                if (key.Source == source)
                    Wake(subscriptions, null);
            return;
        }
        if (_subscriptions.TryGetValue((source, null), out var ofAllVenues))
            Wake(ofAllVenues, venueIds);
        foreach (var venueId in venueIds)
            if (_subscriptions.TryGetValue((source, venueId), out var ofVenue))
                Wake(ofVenue, null);
    }

    internal void WakeAll()
    {
        foreach (var (_, subscriptions) in _subscriptions)
            Wake(subscriptions, null);
    }

    /// <summary>Listens to one feed, in one venue or (null) in all, until the subscription is disposed.</summary>
    public FeedSubscription Listen(string source, string? venueId = null) => Listen([source], venueId);

    /// <summary>Listens to several feeds at once.</summary>
    internal FeedSubscription Listen(IReadOnlyList<string> sources, string? venueId)
    {
        var all = sources.Select(source => _subscriptions.GetOrAdd((source, venueId), static _ => new())).ToArray();
        var subscription = new FeedSubscription(s => Array.ForEach(all, subscriptions => subscriptions.TryRemove(s, out _)));
        foreach (var subscriptions in all)
            subscriptions.TryAdd(subscription, 0);
        return subscription;
    }

    private static void Wake(ConcurrentDictionary<FeedSubscription, byte> subscriptions, IReadOnlyCollection<string>? venueIds)
    {
        foreach (var (subscription, _) in subscriptions)
            subscription.Set(venueIds);
    }
}
