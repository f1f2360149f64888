using NodaTime;

namespace Ingestion.Contracts;

/// <summary>When performers were on stage, as the module that keeps the live sessions answers other modules.</summary>
public interface IStageTimes
{
    /// <summary>The spans of time during which a performer was on stage at the venue, in order and disjoint. Where live sessions overlap,
    /// the one that started last decides.</summary>
    Task<IReadOnlyList<StageTime>> ListAsync(string venueId, CancellationToken cancellationToken);
}

/// <summary>A span of time during which a performer was on stage.</summary>
/// <param name="PerformerId">The performer.</param>
/// <param name="From">The start, inclusive.</param>
/// <param name="To">The end, exclusive; null while it goes on.</param>
public sealed record StageTime(string PerformerId, Instant From, Instant? To);
