namespace PosModular.Kernel.Time;

public static class TimeProviderDelays
{
    /// <summary>Waits on the given clock. A cancelled wait returns early instead of throwing.</summary>
    public static async Task DelayAsync(this TimeProvider time, TimeSpan delay, CancellationToken cancellationToken) =>
        await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
