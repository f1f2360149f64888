using PosModular.Kernel.Time;

namespace Ingestion.Orders;

/// <summary>Wakes this host's order fetcher when a commit has queued orders. A lost signal delays their fetch by a second at
/// most.</summary>
internal sealed class OrderFetchSignal : WakeupSignal;
