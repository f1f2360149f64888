using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>For what must come and rings no bell. It is looked for forty times a second, as asking costs those that are asked, and what never comes
/// fails the test instead of hanging it.</summary>
internal static class Wait
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    /// <param name="condition">Asked until it is true.</param>
    /// <param name="timeout">Two minutes, unless how soon it comes is what the test is about.</param>
    /// <param name="description">For the message.</param>
    public static async Task UntilAsync(
        Func<Task<bool>> condition,
        TimeSpan? timeout = null,
        [CallerArgumentExpression(nameof(condition))] string description = ""
    )
    {
        var startedAt = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(PollInterval);
        while (!await condition())
        {
            Stopwatch.GetElapsedTime(startedAt).ShouldBeLessThan(timeout ?? DefaultTimeout, description);
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, TimeSpan?, string)"/>
    public static Task UntilAsync(
        Func<bool> condition,
        TimeSpan? timeout = null,
        [CallerArgumentExpression(nameof(condition))] string description = ""
    ) => UntilAsync(() => Task.FromResult(condition()), timeout, description);
}
