namespace PosModular.Simulator.Demo;

/// <summary>
/// <c>PosModular.Simulator demo --target http://localhost:8080 --token JWT [--urls …] [--seed 1] [--sales-per-second 1]
/// [--wait-seconds 180]</c>
/// </summary>
/// <param name="Target">The running product.</param>
/// <param name="Token">A JWT with HEAD_MODERATOR.</param>
/// <param name="Seed">The same seed gives the same guests, amounts and changes of mind; payment ids are new each time.</param>
/// <param name="SalesPerSecond">On average.</param>
/// <param name="Wait">For the product to become ready.</param>
public sealed record DemoSettings(Uri Target, string Token, int Seed, double SalesPerSecond, TimeSpan Wait)
{
    internal static DemoSettings FromCommandLine(IConfiguration line) => new(
        Uri.TryCreate(line["target"] ?? "http://localhost:8080", UriKind.Absolute, out var target) && target.Scheme is "http" or "https"
            ? target
            : throw new ArgumentException("--target must be the address of the running product, e.g. http://localhost:8080."),
        (line["token"] ?? Environment.GetEnvironmentVariable("POS_DEMO_TOKEN")) is { Length: > 0 } token
            ? token : throw new ArgumentException("demo needs POS_DEMO_TOKEN or --token: a JWT with the role HEAD_MODERATOR."),
        (int)SimulatorSettings.Number(line, "seed", 1, int.MinValue, int.MaxValue),
        SimulatorSettings.Number(line, "sales-per-second", 1, 0.01, 1_000),
        TimeSpan.FromSeconds(SimulatorSettings.Number(line, "wait-seconds", 180, 1, 86_400)));
}
