using Microsoft.Extensions.DependencyInjection;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>
/// Shortens waits to a hundredth and those of ten seconds or more to a fifth: retries of provider calls pass quickly, and no call
/// times out because the machine is busy. The current time stays true.
/// </summary>
internal sealed class AcceleratedTimeProvider : TimeProvider
{
    public static void UseForProviders(IServiceCollection services) =>
        services.AddKeyedSingleton<TimeProvider>("providers", new AcceleratedTimeProvider());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new ShortenedTimer(System.CreateTimer(callback, state, Shorten(dueTime), Shorten(period)));

    private static TimeSpan Shorten(TimeSpan span) =>
        span <= TimeSpan.Zero ? span
        : span >= TimeSpan.FromSeconds(10) ? span / 5
        : TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, span.Ticks / 100));

    /// <summary>Timeouts change a timer that already exists, so its changes are shortened too.</summary>
    private sealed class ShortenedTimer(ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(Shorten(dueTime), Shorten(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
