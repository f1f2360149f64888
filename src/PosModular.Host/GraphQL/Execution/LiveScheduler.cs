namespace PosModular.Host.GraphQL.Execution;

/// <summary>Runs the sending of events to live subscribers on at most half of the processors, so that webhooks and queries find a thread
/// however many subscribers an event has.</summary>
internal static class LiveScheduler
{
    private static readonly TaskScheduler Scheduler = new ConcurrentExclusiveSchedulerPair(
        TaskScheduler.Default,
        Math.Max(1, Environment.ProcessorCount / 2)
    ).ConcurrentScheduler;

    public static Task RunAsync(Func<Task> send) =>
        Task.Factory.StartNew(send, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();
}
