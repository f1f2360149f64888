using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>
/// Polls for a condition that announces itself in no other way, and fails the test if it never holds. It polls 40 times a second,
/// because every poll costs processor time that the tested code needs.
/// </summary>
internal static class Wait
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    /// <param name="condition">Evaluated until it is true.</param>
    /// <param name="timeout">Two minutes, unless the test is about how soon the condition holds.</param>
    /// <param name="description">Describes the condition in the failure message.</param>
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
