namespace PosModular.Benchmarks.Live;

/// <summary>How soon events arrived.</summary>
internal sealed record LiveResult(
    string Name,
    long Received,
    long Due,
    double PerSecond,
    TimeSpan Median,
    TimeSpan P99,
    double ServerSeconds
)
{
    public bool IsComplete => Received == Due;

    /// <summary>The latency, and what is missing, as a cell of a table.</summary>
    public string Figure =>
        $"p50 {Median.TotalMilliseconds:N1} ms, p99 {P99.TotalMilliseconds:N1} ms"
        + (IsComplete ? "" : $"; {Received:N0} of {Due:N0} events arrived");

    /// <param name="name">What was measured.</param>
    /// <param name="arrivals">Times of arrival in UTC ticks, 0 for none, one subscription after the other.</param>
    /// <param name="since">The time of each payment from which its latencies count.</param>
    /// <param name="received">The number of arrivals.</param>
    /// <param name="serverTime">The server's processor time.</param>
    public static LiveResult Create(string name, long[] arrivals, long[] since, long received, TimeSpan serverTime)
    {
        if (since.Contains(0))
            throw new InvalidOperationException($"{since.Count(s => s == 0)} of {since.Length} payments are missing.");
        var sorted = arrivals
            .Select((at, i) => (at, Since: since[i % since.Length]))
            .Where(arrival => arrival.at != 0)
            .Select(arrival => TimeSpan.FromTicks(Math.Max(0, arrival.at - arrival.Since)))
            .Order()
            .ToArray();
        var took = TimeSpan.FromTicks(Math.Max(1, arrivals.Max() - since.Min()));
        return new LiveResult(
            name,
            received,
            arrivals.Length,
            received / took.TotalSeconds,
            Percentile.Of(sorted, 0.5),
            Percentile.Of(sorted, 0.99),
            serverTime.TotalSeconds
        );
    }

    public override string ToString() =>
        $"{Name, -40} {PerSecond, 8:N0} events/s   p50 {Median.TotalMilliseconds, 7:N2} ms   p99 {P99.TotalMilliseconds, 7:N2} ms   "
        + (IsComplete ? $"all {Due:N0} received" : $"{Received:N0} OF {Due:N0} RECEIVED");
}
