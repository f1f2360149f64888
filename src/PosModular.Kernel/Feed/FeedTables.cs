using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace PosModular.Kernel.Feed;

/// <summary>How far a feed goes in a venue. Locked by whoever publishes, to the commit.</summary>
public sealed class FeedHead
{
    public required string VenueId { get; init; }
    public long Seq { get; init; }
}

/// <summary>How far a module has followed a feed in a venue. Moved in the same commit as the effect.</summary>
public sealed class FeedPosition
{
    public required string Source { get; init; }
    public required string VenueId { get; init; }
    public long Seq { get; init; }
}

/// <summary>A change whose handler failed: passed over so that the others go on, tried again later.</summary>
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
    /// <summary>The tables of a module that publishes. Fill factor 50: every commit updates the row, and it must stay on its page (HOT).</summary>
    public static void AddFeedHeads(this ModelBuilder model) =>
        model.Entity<FeedHead>(head =>
        {
            head.ToTable("feed_heads").HasKey(h => h.VenueId);
            head.HasStorageParameter("fillfactor", 50);
        });

    /// <summary>The tables of a module that follows feeds.</summary>
    public static void AddFeedPositions(this ModelBuilder model)
    {
        model.Entity<FeedPosition>(position =>
        {
            position.ToTable("feed_positions").HasKey(p => new { p.Source, p.VenueId });
            position.HasStorageParameter("fillfactor", 50);
        });
        model.Entity<FeedDeadLetter>(parked =>
        {
            parked
                .ToTable("feed_dead_letters")
                .HasKey(p => new
                {
                    p.Source,
                    p.VenueId,
                    p.Seq,
                });
            parked.HasIndex(p => p.NextAttemptAt);
        });
    }
}
