using System.Threading.Channels;
using PosModular.Kernel.Feed;

namespace Ingestion.Syncs;

/// <summary>Wakes the scheduler of this host when somebody has asked for a sync, and whoever watches one. Losing a ring loses nothing: both look by themselves.</summary>
internal sealed class SyncBell(FeedSignal bell)
{
    public const string Progress = "ingestion.syncs";
    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public void Ask() => _asked.Writer.TryWrite(true);

    public void Moved(string venueId) => bell.Raise(Progress, [venueId]);

    public async Task WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_asked.Reader.TryRead(out _))
            return;
        using var timer = new CancellationTokenSource(longest, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await _asked.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested) { }
    }
}
