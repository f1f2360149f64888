using GraphQL;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Rules.LiveSessions;

/// <summary>A performer on stage.</summary>
internal sealed class LiveSession
{
    /// <summary>A version-7 UUID.</summary>
    public Guid Id { get; init; }

    [Ignore]
    public required string VenueId { get; init; }

    /// <summary>Who is on stage.</summary>
    [Id]
    public required string PerformerId { get; init; }

    /// <summary>Inclusive.</summary>
    public Instant StartedAt { get; init; }

    /// <summary>Exclusive; null while it goes on.</summary>
    public Instant? EndedAt { get; set; }

    [Ignore]
    public bool Contains(Instant at) => StartedAt <= at && (EndedAt is not { } end || at < end);

    public static void Map(EntityTypeBuilder<LiveSession> session)
    {
        session.ToTable("live_sessions").HasKey(s => new { s.VenueId, s.Id });
        session.HasIndex(s => s.Id).IsUnique();
        session.HasIndex(s => new { s.VenueId, s.StartedAt });
    }
}
