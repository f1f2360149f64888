using GraphQL;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Ingestion.Syncs;

/// <summary>One pass over what a till has of a span of time.</summary>
internal sealed class SyncRun(SyncRunRow row, int streams)
{
    [Ignore]
    public Instant UpdatedAt => row.UpdatedAt;

    /// <summary>A version-7 UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>Whose till.</summary>
    public Guid ConnectionId => row.ConnectionId;

    /// <summary>What started it.</summary>
    public SyncTrigger Trigger => row.Trigger;

    /// <summary>How far it is.</summary>
    public SyncStatus Status => row.Status;

    /// <summary>Of the span, inclusive: by the time of the sale for a first sync and a backfill, else by the time of change.</summary>
    public Instant From => row.FromAt;

    /// <summary>Of the span, exclusive.</summary>
    public Instant To => row.ToAt;

    /// <summary>Read so far.</summary>
    public int Pages => row.Pages;

    /// <summary>Payments and refunds on them.</summary>
    public int Fetched => row.Fetched;

    /// <summary>Of them, not known before.</summary>
    public int Created => row.Created;

    /// <summary>Of them, known before in an older state.</summary>
    public int Updated => row.Updated;

    /// <summary>Of them, known already.</summary>
    public int Unchanged => row.Unchanged;

    /// <summary>0..1 by time span covered.</summary>
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

    /// <summary>Why it is parked or has failed; also what on its pages could not be used.</summary>
    public UserError? Error => row.ErrorCode is { } code ? new UserError(code, row.ErrorMessage!) : null;

    /// <summary>When it was started.</summary>
    public Instant StartedAt => row.StartedAt;

    /// <summary>When it ended; null while it goes on.</summary>
    public Instant? FinishedAt => row.FinishedAt;
}
