namespace PosModular.Host.GraphQL.Execution;

/// <summary>Counts the large requests and WebSocket messages that this host holds, so that they take a bounded part of memory.</summary>
internal sealed class LargeMessages
{
    private int _count;

    /// <summary>Whether one more may be received. If so, call <see cref="End"/> when it is no longer held.</summary>
    public bool TryBegin()
    {
        if (Interlocked.Increment(ref _count) <= Limits.MaxLargeMessages)
            return true;
        Interlocked.Decrement(ref _count);
        return false;
    }

    public void End() => Interlocked.Decrement(ref _count);
}

/// <summary>A request or message that counts from the moment at which it turns out to be large until it is no longer held.</summary>
internal sealed class LargeMessage(LargeMessages all) : IDisposable
{
    private bool _counts;

    /// <summary>Whether a message of which so many bytes have arrived may go on.</summary>
    public bool TryGrowTo(long bytes)
    {
        if (!_counts && bytes > Limits.LargeMessageBytes)
            _counts = all.TryBegin();
        return _counts || bytes <= Limits.LargeMessageBytes;
    }

    public void Dispose()
    {
        if (_counts)
            all.End();
        _counts = false;
    }
}
