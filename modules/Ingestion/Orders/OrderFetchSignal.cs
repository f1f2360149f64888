using System.Threading.Channels;

namespace Ingestion.Orders;

/// <summary>Wakes the fetcher of this process when a commit has asked for orders. It carries no facts: losing a ring loses a second at most.</summary>
internal sealed class OrderFetchSignal
{
    private readonly Channel<bool> _wakeups = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public void Set() => _wakeups.Writer.TryWrite(true);

    /// <summary>Waits for a ring, but no longer than the given time.</summary>
    public async Task WaitAsync(TimeSpan maxWait, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(maxWait, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await _wakeups.Reader.ReadAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // Nobody rang; whoever waits looks at his own token.
        }
    }
}
