using NodaTime;

namespace Rules.Contracts;

/// <summary>A live session as other modules see it. It is the parent of the fields that they add to the GraphQL type LiveSession.</summary>
public interface ILiveSession
{
    Guid Id { get; }

    string VenueId { get; }

    /// <summary>When the session started, inclusive.</summary>
    Instant StartedAt { get; }

    /// <summary>When the session ended, exclusive; null while it goes on.</summary>
    Instant? EndedAt { get; }
}
