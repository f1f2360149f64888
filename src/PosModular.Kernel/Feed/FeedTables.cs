using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace PosModular.Kernel.Feed;

/// <summary>The last sequence number of a feed in a venue. Publishers lock it until their commit.</summary>
public sealed class FeedHead
{
    public required string VenueId { get; init; }
    public long Seq { get; init; }
}

/// <summary>How far a module has followed a feed in a venue. It moves in the same commit as the effect of the changes.</summary>
public sealed class FeedPosition
{
    public required string Source { get; init; }
    public required string VenueId { get; init; }
    public long Seq { get; init; }
}

/// <summary>A change whose handler failed. It is skipped so that later changes can proceed, and retried later.</summary>
public sealed class FeedDeadLetter
{
    public required string Source { get; init; }
    public required string VenueId { get; init; }
    public long Seq { get; init; }
    public required string Error { get; init; }
    public int Attempts { get; init; }
    public Instant FailedAt { get; init; }
    public Instant NextAttemptAt { get; init; }
}

public static class FeedModel
{
    /// <summary>Adds the table of a module that publishes a feed. Every commit updates its row, so half of each page stays free for
    /// heap-only (HOT) updates.</summary>
    public static void AddFeedHeads(this ModelBuilder model) =>
        model.Entity<FeedHead>(head =>
        {
            head.ToTable("feed_heads").HasKey(h => h.VenueId);
            head.HasStorageParameter("fillfactor", 50);
        });

    /// <summary>Adds the tables of a module that follows feeds.</summary>
    public static void AddFeedPositions(this ModelBuilder model)
    {
        model.Entity<FeedPosition>(position =>
        {
            position.ToTable("feed_positions").HasKey(p => new { p.Source, p.VenueId });
            position.HasStorageParameter("fillfactor", 50);
        });
        model.Entity<FeedDeadLetter>(deadLetter =>
        {
            deadLetter
                .ToTable("feed_dead_letters")
                .HasKey(p => new
                {
                    p.Source,
                    p.VenueId,
                    p.Seq,
                });
            deadLetter.HasIndex(p => p.NextAttemptAt);
        });
    }
}
