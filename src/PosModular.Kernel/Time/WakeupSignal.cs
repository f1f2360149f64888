using System.Threading.Channels;

namespace PosModular.Kernel.Time;

/// <summary>Tells one waiting loop of this process that there is something new. It carries no facts, and signals that arrive while nobody
/// waits are kept as one.</summary>
public class WakeupSignal
{
    private readonly Channel<bool> _wakeups = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    /// <summary>Whether the signal has been set and nobody has waited for it or reset it since.</summary>
    public bool IsSet => _wakeups.Reader.TryPeek(out _);

    public void Set() => _wakeups.Writer.TryWrite(true);

    public void Reset() => _wakeups.Reader.TryRead(out _);

    /// <summary>Waits until the signal is set, but no longer than <paramref name="maxWait"/>; returns whether it was set.</summary>
    public async Task<bool> WaitAsync(TimeSpan maxWait, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_wakeups.Reader.TryRead(out _))
            return true;
        using var timer = new CancellationTokenSource(maxWait, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await _wakeups.Reader.ReadAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
