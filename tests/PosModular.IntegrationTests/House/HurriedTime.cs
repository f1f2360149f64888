using Microsoft.Extensions.DependencyInjection;

namespace PosModular.IntegrationTests.House;

/// <summary>Time in which every wait is a hundredth as long, and one of ten seconds or more a fifth: retries of calls to a provider pass quickly, and no call
/// is given up because the machine is busy. What time it is stays true.</summary>
internal sealed class HurriedTime : TimeProvider
{
    public static void ForProviders(IServiceCollection services) =>
        services.AddKeyedSingleton<TimeProvider>("providers", new HurriedTime());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(System.CreateTimer(callback, state, Hurry(dueTime), Hurry(period)));

    private static TimeSpan Hurry(TimeSpan span) =>
        span <= TimeSpan.Zero ? span
        : span >= TimeSpan.FromSeconds(10) ? span / 5
        : TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, span.Ticks / 100));

    /// <summary>Timeouts are set on a timer that is there already.</summary>
    private sealed class Timer(ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(Hurry(dueTime), Hurry(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
