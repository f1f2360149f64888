using PosModular.Kernel.Feed;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Feed;

/// <summary>A wait may time out at the very moment the signal arrives.</summary>
public sealed class WakeupTimerTests
{
    [Fact]
    public async Task A_timer_that_fires_while_the_signal_arrives_does_not_throw_on_the_timers_thread()
    {
        var time = new LateTimerProvider();
        var signal = new FeedSignal();
        using var listener = signal.Listen("ingestion");
        var waiting = listener.WaitAsync(TimeSpan.FromSeconds(1), time, TestContext.Current.CancellationToken);
        signal.Raise("ingestion", ["v1"]);
        (await waiting).ShouldBeTrue();
        Should.NotThrow(time.Fire); // Timer.Dispose does not wait for a callback that has already started
    }

    private sealed class LateTimerProvider : TimeProvider
    {
        private Action? _fire;

        public void Fire() => _fire!();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return new InertTimer();
        }

        private sealed class InertTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() { }

            public ValueTask DisposeAsync() => default;
        }
    }
}
