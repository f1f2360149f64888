using GraphQL;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using NodaTime.Text;
using Rules.Contracts;

namespace Rules.LiveSessions;

/// <summary>A span of time during which a performer is on stage.</summary>
internal sealed class LiveSession : ILiveSession
{
    /// <summary>The session's id, a version-7 UUID.</summary>
    public Guid Id { get; init; }

    [Ignore]
    public required string VenueId { get; init; }

    /// <summary>The performer on stage, by the id that your application gave.</summary>
    [Id]
    public required string PerformerId { get; set; }

    /// <summary>When the session started, inclusive.</summary>
    public Instant StartedAt { get; set; }

    /// <summary>When the session ended, exclusive; null while it goes on.</summary>
    public Instant? EndedAt { get; set; }

    [Ignore]
    public bool Contains(Instant at) => StartedAt <= at && (EndedAt is not { } end || at < end);

    /// <summary>The session in words, for the audit log.</summary>
    [Ignore]
    public string Describe() =>
        $"{PerformerId} from {InstantPattern.ExtendedIso.Format(StartedAt)} to "
        + (EndedAt is { } end ? InstantPattern.ExtendedIso.Format(end) : "an open end");

    public static void Map(EntityTypeBuilder<LiveSession> session)
    {
        session.ToTable("live_sessions").HasKey(s => new { s.VenueId, s.Id });
        session.HasIndex(s => s.Id).IsUnique();
        session.HasIndex(s => new { s.VenueId, s.StartedAt });
    }
}
