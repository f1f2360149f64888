using Microsoft.Extensions.DependencyInjection;

namespace PosModular.IntegrationTests.House;

/// <summary>Time in which every wait is a hundredth as long: retries of calls to a provider, with their pauses and timeouts, pass quickly. What time it
/// is stays true.</summary>
internal sealed class HurriedTime : TimeProvider
{
    public static void ForProviders(IServiceCollection services) => services.AddKeyedSingleton<TimeProvider>("providers", new HurriedTime());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Hurry(dueTime), Hurry(period));

    private static TimeSpan Hurry(TimeSpan span) => span <= TimeSpan.Zero ? span : TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, span.Ticks / 100));
}
