using NodaTime;

namespace Integrations.OutgoingWebhooks;

/// <summary>How long a delivery waits after a failed attempt: 5 s, 5 min, 30 min, then 2, 5, 10, 14, 20 and 24 h, each up to a tenth more
/// or less, so that what failed together is not sent again together.</summary>
internal static class RetryDelays
{
    private static readonly Duration[] Delays =
    [
        Duration.FromSeconds(5),
        Duration.FromMinutes(5),
        Duration.FromMinutes(30),
        Duration.FromHours(2),
        Duration.FromHours(5),
        Duration.FromHours(10),
        Duration.FromHours(14),
        Duration.FromHours(20),
        Duration.FromHours(24),
    ];

    /// <param name="attempts">How often the delivery was tried.</param>
    /// <returns>The wait until the next attempt; null when it was the last one.</returns>
    public static Duration? After(int attempts) =>
        attempts > Delays.Length ? null : Duration.FromMilliseconds(Delays[attempts - 1].TotalMilliseconds * Jitter());

    // From 90 to 110 per cent.
    private static double Jitter() => 0.9 + Random.Shared.NextDouble() / 5;
}
