using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Ingestion.Syncs;

/// <summary>What started a sync. The numbers are kept in the database.</summary>
internal enum SyncTrigger : short
{
    /// <summary>Somebody, without a span.</summary>
    Manual = 1,

    /// <summary>The clock.</summary>
    Scheduled = 2,

    /// <summary>Somebody, for a span of the past.</summary>
    Backfill = 3,

    /// <summary>The end of an outage, of this server, its database or the till: it covers the gap.</summary>
    Recovery = 4,
}

/// <summary>How far a sync is. The numbers are kept in the database.</summary>
internal enum SyncStatus : short
{
    /// <summary>Under way, or about to be.</summary>
    Running = 1,

    /// <summary>Everything in its span has been read.</summary>
    Completed = 2,

    /// <summary>The provider is away, asks to wait or refuses; it goes on by itself from where it is. The error says why.</summary>
    Parked = 3,

    /// <summary>It cannot go on.</summary>
    Failed = 4,

    /// <summary>The till was disconnected.</summary>
    Canceled = 5,
}

/// <summary>One pass over what a till has of a span of time, with its progress: a page and the progress with it are one commit, so that a killed host goes
/// on at that page.</summary>
internal sealed class SyncRunRow
{
    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public Guid ConnectionId { get; init; }
    public SyncTrigger Trigger { get; init; }
    public SyncStatus Status { get; init; }

    /// <summary>By the time of the sale (a first sync, a span of the past); else by the time of change.</summary>
    public bool ByCreation { get; init; }
    public Instant FromAt { get; init; }
    public Instant ToAt { get; init; }

    // ── where it is ──
    /// <summary>Which of the provider's streams, from 0.</summary>
    public int Stream { get; init; }

    /// <summary>The start of the piece under way: everything of the stream before it has been read.</summary>
    public Instant Place { get; init; }

    /// <summary>The provider's, for the next page; null at the start of a piece.</summary>
    public string? Cursor { get; init; }

    /// <summary>Within the piece: everything before it has been read; where to go on from when the cursor has expired.</summary>
    public Instant? Reached { get; init; }

    /// <summary>Pages of this pass over the piece, and whether one of them brought something new.</summary>
    public int PassPages { get; init; }
    public bool PassFoundChanges { get; init; }

    // ── what it came to ──
    public int Pages { get; init; }
    public int Fetched { get; init; }
    public int Created { get; init; }
    public int Updated { get; init; }
    public int Unchanged { get; init; }
    public ErrorCode? ErrorCode { get; init; }
    public string? ErrorMessage { get; init; }

    public Instant StartedAt { get; init; }
    public Instant? FinishedAt { get; init; }
    public Instant UpdatedAt { get; init; }

    /// <summary>Not before: a run that is parked.</summary>
    public Instant ResumeAt { get; init; }

    /// <summary>Since when the provider has not answered well.</summary>
    public Instant? ParkedSince { get; init; }

    /// <summary>Faults in a row.</summary>
    public int Faults { get; init; }

    public static void Map(EntityTypeBuilder<SyncRunRow> run)
    {
        run.ToTable("sync_runs").HasKey(r => r.Id);
        run.Property(r => r.Trigger).HasConversion<short>();
        run.Property(r => r.Status).HasConversion<short>();
        run.Property(r => r.ErrorCode).HasConversion<string>();
        run.HasIndex(r => new { r.ConnectionId, r.Id });
        run.HasIndex(r => new { r.VenueId, r.UpdatedAt });
        run.HasIndex(r => new { r.ConnectionId, r.ResumeAt }, "ix_sync_runs_open").HasFilter("status in (1, 3)");
    }
}

/// <summary>How far a till has been read, and whose turn it is: one host at a time works on a connection.</summary>
internal sealed class SyncStateRow
{
    public Guid ConnectionId { get; init; }
    public required string VenueId { get; init; }

    /// <summary>Every change before it has been read; null until the first sync is done.</summary>
    public Instant? SyncedTo { get; init; }
    public Instant? LastSyncAt { get; init; }
    public Instant NextSyncAt { get; init; }

    /// <summary>When some host last saw it connected, with the database there: a gap is an outage.</summary>
    public Instant AliveAt { get; init; }
    public Guid? LeaseOwner { get; init; }
    public Instant? LeaseUntil { get; init; }

    public static void Map(EntityTypeBuilder<SyncStateRow> state)
    {
        state.ToTable("sync_states").HasKey(p => p.ConnectionId);
        state.HasStorageParameter("fillfactor", 70);
    }
}
