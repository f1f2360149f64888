using System.Threading.Tasks.Sources;

namespace PosModular.Kernel.Feed;

/// <summary>Lets one subscriber wait for its tail, any number of times and without an allocation. A signal that arrives while the
/// subscriber does not wait is kept.</summary>
internal sealed class LiveWaiter : IValueTaskSource
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _isWaiting;
    private bool _isSignalled;

    /// <summary>Waits for the next signal. The subscriber goes on within the call of <see cref="Signal"/>.</summary>
    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_isSignalled)
            {
                _isSignalled = false;
                return default;
            }
            _core.Reset();
            _isWaiting = true;
            return new ValueTask(this, _core.Version);
        }
    }

    public void Signal()
    {
        lock (_lock)
        {
            if (!_isWaiting)
            {
                _isSignalled = true;
                return;
            }
            _isWaiting = false;
        }
        _core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
