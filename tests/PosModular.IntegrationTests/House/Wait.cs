using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PosModular.IntegrationTests.House;

/// <summary>For what must come and rings no bell. It is looked for forty times a second, as asking costs those that are asked, and what never comes
/// fails the test instead of hanging it.</summary>
internal static class Wait
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(25);

    /// <param name="so">Asked until it is true.</param>
    /// <param name="patience">Two minutes, unless how soon it comes is what the test is about.</param>
    /// <param name="what">For the message.</param>
    public static async Task UntilAsync(
        Func<Task<bool>> so,
        TimeSpan? patience = null,
        [CallerArgumentExpression(nameof(so))] string what = ""
    )
    {
        var began = Stopwatch.GetTimestamp();
        using var breath = new PeriodicTimer(Breath);
        while (!await so())
        {
            Stopwatch.GetElapsedTime(began).ShouldBeLessThan(patience ?? Patience, what);
            await breath.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, TimeSpan?, string)"/>
    public static Task UntilAsync(Func<bool> so, TimeSpan? patience = null, [CallerArgumentExpression(nameof(so))] string what = "") =>
        UntilAsync(() => Task.FromResult(so()), patience, what);
}
