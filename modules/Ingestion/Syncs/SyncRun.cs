using GraphQL;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;

namespace Ingestion.Syncs;

/// <summary>One sync of a connection: a run over its payments and refunds in a time span.</summary>
internal sealed class SyncRun(SyncRunRow row, int streams) : INode
{
    [Ignore]
    public Instant UpdatedAt => row.UpdatedAt;

    /// <summary>The run's id, a version-7 UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>The connection that is synced.</summary>
    public Guid ConnectionId => row.ConnectionId;

    /// <summary>What started the run.</summary>
    public SyncTrigger Trigger => row.Trigger;

    /// <summary>The state of the run.</summary>
    public SyncStatus Status => row.Status;

    /// <summary>The start of the time span, inclusive. A first sync and a backfill read by creation time, other runs by the time of
    /// change.</summary>
    public Instant From => row.FromAt;

    /// <summary>The end of the time span, exclusive.</summary>
    public Instant To => row.ToAt;

    /// <summary>How many pages have been read so far.</summary>
    public int Pages => row.Pages;

    /// <summary>How many payments and refunds these pages contained.</summary>
    public int Fetched => row.Fetched;

    /// <summary>How many of them were not stored before.</summary>
    public int Created => row.Created;

    /// <summary>How many of them were stored in an older state.</summary>
    public int Updated => row.Updated;

    /// <summary>How many of them were already stored in this state or a newer one.</summary>
    public int Unchanged => row.Unchanged;

    /// <summary>The part of the time span that has been covered, from 0 to 1.</summary>
    public double Progress
    {
        get
        {
            if (row.Status == SyncStatus.Completed)
                return 1;
            var span = (row.ToAt - row.FromAt).TotalSeconds;
            var here = Instant.Max(row.Place, row.Reached ?? row.Place) - row.FromAt;
            return Math.Round(
                Math.Clamp((row.Stream + (span <= 0 ? 1 : Math.Clamp(here.TotalSeconds / span, 0, 1))) / Math.Max(1, streams), 0, 1),
                4
            );
        }
    }

    /// <summary>Why the run is parked, or how many payments, refunds and orders on all its pages could not be used, with the first of each
    /// kind; null when there is nothing to report.</summary>
    public UserError? Error => row.ErrorCode is { } code ? new UserError(code, row.ErrorMessage!) : null;

    /// <summary>When the run was started.</summary>
    public Instant StartedAt => row.StartedAt;

    /// <summary>When the run ended; null while it is in progress.</summary>
    public Instant? FinishedAt => row.FinishedAt;
}
