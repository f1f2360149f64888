using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Ingestion.Syncs;

/// <summary>What started a sync. The database stores the numbers.</summary>
internal enum SyncTrigger : short
{
    /// <summary>A user, without naming a time span.</summary>
    Manual = 1,

    /// <summary>The schedule.</summary>
    Scheduled = 2,

    /// <summary>A user, for a time span in the past.</summary>
    Backfill = 3,

    /// <summary>The end of an outage of this server, its database or the provider. The run covers the gap.</summary>
    Recovery = 4,
}

/// <summary>The state of a sync. The database stores the numbers.</summary>
internal enum SyncStatus : short
{
    /// <summary>The run is in progress or about to start.</summary>
    Running = 1,

    /// <summary>Everything in the time span has been read.</summary>
    Completed = 2,

    /// <summary>The provider is unavailable, asks to wait or refuses, or the database refuses a whole page. The run continues by itself
    /// from its position. The error says why.</summary>
    Parked = 3,

    /// <summary>The connection was disconnected.</summary>
    Canceled = 5,
}

/// <summary>One run over a connection's payments and refunds in a time span, with its position. A page and the position after it are one
/// commit, so that the run continues at the same page after its host was killed.</summary>
internal sealed class SyncRunRow
{
    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public Guid ConnectionId { get; init; }
    public SyncTrigger Trigger { get; init; }
    public SyncStatus Status { get; init; }

    /// <summary>Whether the run reads by creation time (a first sync, a backfill) and not by the time of change.</summary>
    public bool ByCreation { get; init; }
    public Instant FromAt { get; init; }
    public Instant ToAt { get; init; }

    // ── the position ──
    /// <summary>The index of the provider's stream, from 0.</summary>
    public int Stream { get; init; }

    /// <summary>The start of the current window. Everything of the stream before it has been read.</summary>
    public Instant Place { get; init; }

    /// <summary>The provider's cursor for the next page; null at the start of a window.</summary>
    public string? Cursor { get; init; }

    /// <summary>Everything in the window before this instant has been read. The run continues here when the cursor has expired.</summary>
    public Instant? Reached { get; init; }

    /// <summary>The number of pages read in this pass over the window. PassFoundChanges says whether one of them contained something
    /// new.</summary>
    public int PassPages { get; init; }
    public bool PassFoundChanges { get; init; }

    /// <summary>The earlier page of this listing that shows whether it runs in a circle: a hash of the cursor it led to and a hash of
    /// what it listed.</summary>
    public string? SeenCursor { get; init; }
    public string? SeenPage { get; init; }

    // ── the result ──
    public int Pages { get; init; }
    public int Fetched { get; init; }
    public int Created { get; init; }
    public int Updated { get; init; }
    public int Unchanged { get; init; }

    /// <summary>What could not be used, counted by kind, as JSON; null when everything could be used.</summary>
    public string? Skipped { get; init; }
    public ErrorCode? ErrorCode { get; init; }
    public string? ErrorMessage { get; init; }

    public Instant StartedAt { get; init; }
    public Instant? FinishedAt { get; init; }
    public Instant UpdatedAt { get; init; }

    /// <summary>When the run may continue.</summary>
    public Instant ResumeAt { get; init; }

    /// <summary>Since when the run has been parked without a good page; null when it is not parked.</summary>
    public Instant? ParkedSince { get; init; }

    /// <summary>The number of consecutive faults.</summary>
    public int Faults { get; init; }

    public static void Map(EntityTypeBuilder<SyncRunRow> run)
    {
        run.ToTable("sync_runs").HasKey(r => r.Id);
        run.Property(r => r.Trigger).HasConversion<short>();
        run.Property(r => r.Status).HasConversion<short>();
        run.Property(r => r.ErrorCode).HasConversion<string>();
        run.HasIndex(r => new { r.ConnectionId, r.Id });
        run.HasIndex(r => new { r.VenueId, r.UpdatedAt });
        run.HasIndex(r => r.FinishedAt, "ix_sync_runs_recovered").HasFilter($"trigger = {SyncTrigger.Recovery:D}");
        run.HasIndex(r => new { r.ConnectionId, r.ResumeAt }, "ix_sync_runs_open")
            .HasFilter($"status in ({SyncStatus.Running:D}, {SyncStatus.Parked:D})");
    }
}

/// <summary>How far a connection has been synced, and which host holds its lease. One host at a time works on a connection.</summary>
internal sealed class SyncStateRow
{
    public Guid ConnectionId { get; init; }
    public required string VenueId { get; init; }

    /// <summary>Every change before this instant has been read; null until the first sync is completed.</summary>
    public Instant? SyncedTo { get; init; }
    public Instant? LastSyncAt { get; init; }
    public Instant NextSyncAt { get; init; }

    /// <summary>When a host last recorded that the connection was being served. A gap means an outage.</summary>
    public Instant AliveAt { get; init; }
    public Guid? LeaseOwner { get; init; }
    public Instant? LeaseUntil { get; init; }

    public static void Map(EntityTypeBuilder<SyncStateRow> state)
    {
        state.ToTable("sync_states").HasKey(p => p.ConnectionId);
        state.HasStorageParameter("fillfactor", 70);
    }
}
