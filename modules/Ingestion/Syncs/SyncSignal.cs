using System.Threading.Channels;
using PosModular.Kernel.Feed;

namespace Ingestion.Syncs;

/// <summary>Wakes the scheduler of this host when somebody has asked for a sync, and whoever watches one. Losing a ring loses nothing: both look by themselves.</summary>
internal sealed class SyncSignal(FeedSignal feedSignal)
{
    public const string ProgressChannel = "ingestion.syncs";
    private readonly Channel<bool> _requests = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public void RequestRun() => _requests.Writer.TryWrite(true);

    public void RaiseProgress(string venueId) => feedSignal.Raise(ProgressChannel, [venueId]);

    public async Task WaitAsync(TimeSpan maxWait, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_requests.Reader.TryRead(out _))
            return;
        using var timer = new CancellationTokenSource(maxWait, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await _requests.Reader.ReadAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested) { }
    }
}
