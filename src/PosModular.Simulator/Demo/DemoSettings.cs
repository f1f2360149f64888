namespace PosModular.Simulator.Demo;

/// <summary>
/// <c>PosModular.Simulator demo --target http://localhost:8080 [--urls …] [--seed 1] [--sales-per-second 0.5] [--speed 1] [--sales N]
/// [--history-days 21] [--wait-seconds 180]</c> with the tokens in POS_DEMO_TOKEN and POS_DEMO_OWNER_TOKEN, or as <c>--token</c>,
/// <c>--owner-token</c>.
/// </summary>
/// <param name="Target">Base URL of the running host.</param>
/// <param name="Token">A JWT with the role HEAD_MODERATOR.</param>
/// <param name="OwnerToken">A JWT of the user demo-owner.</param>
public sealed record DemoSettings(Uri Target, string Token, string OwnerToken)
{
    /// <summary>The same seed gives the same guests, amounts and later changes; payment ids are new each time.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Average number of sales a second of real time, over all venues.</summary>
    public double SalesPerSecond { get; init; } = 5;

    /// <summary>Seconds of a past evening for each second of real time. With 1, sales are made now, and no evening is replayed.</summary>
    public double Speed { get; init; } = 60;

    /// <summary>How many days of sales a venue has behind it when it is registered.</summary>
    public int HistoryDays { get; init; }

    /// <summary>Whether sales are made now instead of in a past evening.</summary>
    public bool IsNow => Speed <= 1;

    /// <summary>Number of sales after which the demo makes no new ones; 0: unlimited.</summary>
    public int MaxSales { get; init; }

    /// <summary>How long to wait for the host to become ready.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromSeconds(180);

    internal static DemoSettings FromCommandLine(IConfiguration configuration) =>
        new(
            Uri.TryCreate(configuration["target"] ?? "http://localhost:8080", UriKind.Absolute, out var target)
            && target.Scheme is "http" or "https"
                ? target
                : throw new ArgumentException("--target must be the address of the running host, e.g. http://localhost:8080."),
            (configuration["token"] ?? Environment.GetEnvironmentVariable("POS_DEMO_TOKEN")) is { Length: > 0 } token
                ? token
                : throw new ArgumentException("demo needs POS_DEMO_TOKEN or --token: a JWT with the role HEAD_MODERATOR."),
            (configuration["owner-token"] ?? Environment.GetEnvironmentVariable("POS_DEMO_OWNER_TOKEN")) is { Length: > 0 } owner
                ? owner
                : throw new ArgumentException("demo needs POS_DEMO_OWNER_TOKEN or --owner-token: a JWT with the sub demo-owner.")
        )
        {
            Seed = (int)SimulatorSettings.ReadNumber(configuration, "seed", 1, int.MinValue, int.MaxValue),
            SalesPerSecond = SimulatorSettings.ReadNumber(configuration, "sales-per-second", 0.5, 0.01, 1_000),
            Speed = SimulatorSettings.ReadNumber(configuration, "speed", 1, 1, 100_000),
            HistoryDays = (int)SimulatorSettings.ReadNumber(configuration, "history-days", 21, 0, 365),
            MaxSales = (int)SimulatorSettings.ReadNumber(configuration, "sales", 0, 0, int.MaxValue),
            ReadyTimeout = TimeSpan.FromSeconds(SimulatorSettings.ReadNumber(configuration, "wait-seconds", 180, 1, 86_400)),
        };
}
