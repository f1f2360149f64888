namespace PosModular.Kernel.Time;

public static class TimeProviderDelays
{
    /// <summary>Waits on the given clock; a cancelled wait ends quietly.</summary>
    public static async Task DelayAsync(this TimeProvider time, TimeSpan delay, CancellationToken cancellationToken) =>
        await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
