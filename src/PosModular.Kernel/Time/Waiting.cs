namespace PosModular.Kernel;

public static class Waiting
{
    /// <summary>Waits on the given clock; a cancelled wait ends quietly.</summary>
    public static async Task WaitAsync(this TimeProvider time, TimeSpan span, CancellationToken ct) =>
        await Task.Delay(span, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
