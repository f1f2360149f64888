using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Analytics.Reconciliations;

/// <summary>Wakes this host's scheduler when a reconciliation is requested, and on all hosts the subscribers to reconciliations. A lost
/// signal costs time only, because both also poll.</summary>
internal sealed class ReconciliationSignal(FeedSignal feedSignal) : WakeupSignal
{
    public const string ProgressChannel = "analytics.reconciliations";

    public void RaiseProgress(string venueId) => feedSignal.Raise(ProgressChannel, [venueId]);
}
