using Microsoft.Extensions.DependencyInjection;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>Time in which every wait is a hundredth as long, and one of ten seconds or more a fifth: retries of calls to a provider pass quickly, and no call
/// is given up because the machine is busy. What time it is stays true.</summary>
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

    /// <summary>Timeouts are set on a timer that is there already.</summary>
    private sealed class ShortenedTimer(ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(Shorten(dueTime), Shorten(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
