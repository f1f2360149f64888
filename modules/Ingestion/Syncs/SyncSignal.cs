using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Ingestion.Syncs;

/// <summary>Wakes this host's scheduler when a sync is requested, and on all hosts the subscribers to sync progress. A lost signal costs
/// time only, because both also poll.</summary>
internal sealed class SyncSignal(FeedSignal feedSignal) : WakeupSignal
{
    public const string ProgressChannel = "ingestion.syncs";

    public void RaiseProgress(string venueId) => feedSignal.Raise(ProgressChannel, [venueId]);
}
