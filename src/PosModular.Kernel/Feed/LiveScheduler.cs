namespace PosModular.Kernel.Feed;

/// <summary>Runs the delivery of events to live subscribers on at most half of the processors, so that webhooks and queries find a thread
/// however many subscribers an event has.</summary>
internal static class LiveScheduler
{
    private static readonly TaskScheduler Scheduler = new ConcurrentExclusiveSchedulerPair(
        TaskScheduler.Default,
        Math.Max(1, Environment.ProcessorCount / 2)
    ).ConcurrentScheduler;

    // The scheduler is hidden from what runs here. A subscriber that has to wait for its network goes on elsewhere.
    public static Task RunAsync(Action deliver) =>
        Task.Factory.StartNew(
            deliver,
            CancellationToken.None,
            TaskCreationOptions.HideScheduler | TaskCreationOptions.DenyChildAttach,
            Scheduler
        );
}
