using System.Threading.Channels;

namespace Ingestion.Orders;

/// <summary>Wakes the fetcher of this process when a commit has asked for orders. It carries no facts: losing a ring loses a second at most.</summary>
internal sealed class OrderBell
{
    private readonly Channel<bool> _rung = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public void Ring() => _rung.Writer.TryWrite(true);

    /// <summary>Waits for a ring, but no longer than the given time.</summary>
    public async Task WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(longest, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await _rung.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Nobody rang; whoever waits looks at his own token.
        }
    }
}
