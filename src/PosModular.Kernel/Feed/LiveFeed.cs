namespace PosModular.Kernel.Feed;

/// <summary>A feed that live subscribers follow: how its heads and its events are read. A module implements it once for each of its
/// feeds.</summary>
/// <typeparam name="TVenue">What decides who may see the venue's events.</typeparam>
/// <typeparam name="TEvent">An event as subscribers receive it. All subscribers receive the same object.</typeparam>
public interface ILiveFeed<TVenue, TEvent>
    where TVenue : class
    where TEvent : class
{
    /// <summary>The name of the feed, which is also the name of the signal that is raised after each commit to it.</summary>
    string Name { get; }

    /// <summary>The name of the signal that is raised when a venue's settings or owners have changed.</summary>
    string VenueSignal { get; }

    /// <summary>The last sequence number of each of these venues; a venue without events may be left out.</summary>
    Task<IReadOnlyDictionary<string, long>> ReadHeadsAsync(IReadOnlyCollection<string> venueIds, CancellationToken cancellationToken);

    /// <summary>Reads a part of a venue's feed, and after it, in a later statement, the venue from the database. So an event that was
    /// committed after a change of the venue's owners never comes with the owners of before.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="keptAfter">Events after this sequence number are kept in memory; those that have changed since they were read may be
    /// returned again.</param>
    /// <param name="after">Events after this sequence number are new to the reader.</param>
    /// <param name="limit">The largest number of new events.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    Task<LivePage<TVenue, TEvent>> ReadAsync(string venueId, long keptAfter, long after, int limit, CancellationToken cancellationToken);

    /// <summary>An earlier event of the same subject with the state that a later one brought.</summary>
    TEvent Restate(TEvent earlier, TEvent later);
}

/// <summary>A part of a venue's feed.</summary>
/// <param name="Venue">The venue, read after the events.</param>
/// <param name="Events">The events in the order of the feed, each with its subject as it was when it was read.</param>
public sealed record LivePage<TVenue, TEvent>(TVenue Venue, IReadOnlyList<LiveEvent<TEvent>> Events);

/// <summary>An event of a feed.</summary>
/// <param name="Seq">Its sequence number in the venue's feed.</param>
/// <param name="SubjectId">What it is about. A later event of the same subject changes how this one is shown.</param>
/// <param name="Value">What subscribers receive.</param>
public readonly record struct LiveEvent<TEvent>(long Seq, Guid SubjectId, TEvent Value);
