using System.Globalization;

namespace PosModular.Benchmarks;

/// <param name="Connections">How many senders, each with one request under way.</param>
/// <param name="Venues">How many venues they send for.</param>
/// <param name="CardsPerVenue">How many cards of each venue are tied to guests.</param>
/// <param name="WarmUp">Not measured: the JIT, the plans and the unlocks.</param>
/// <param name="Measured">Measured.</param>
/// <param name="HasReaders">Whether rules and analytics follow.</param>
/// <param name="HasOrders">Whether each sale has an order, which is fetched for its tax and discount: one more state of the sale.</param>
/// <param name="ReaderCost">Whether to measure what rules and analytics cost, with them and without them in turn.</param>
/// <param name="PhaseCount">How many turns; as many with as without.</param>
/// <param name="PhaseLength">How long each turn is.</param>
/// <param name="Sync">Whether to measure a backfill.</param>
/// <param name="Pages">Whether to measure pages of sales.</param>
/// <param name="ExistingRows">How many sales are in the table before either.</param>
/// <param name="Payments">How many the backfill reads.</param>
internal sealed record BenchSettings(
    int Connections,
    int Venues,
    int CardsPerVenue,
    TimeSpan WarmUp,
    TimeSpan Measured,
    bool HasReaders,
    bool HasOrders,
    bool ReaderCost,
    int PhaseCount,
    TimeSpan PhaseLength,
    bool Sync,
    bool Pages,
    int ExistingRows,
    int Payments
)
{
    private const string Options =
        "[--connections 32] [--venues 20] [--cards 100] [--warm-up 40] [--seconds 20] [--without-readers] [--without-orders] | --fraction [--phases 8] [--phase 5]"
        + " | --sync [--payments 100000] [--rows 1000000] | --pages [--rows 1000000]";

    /// <summary>Null when they make no sense.</summary>
    public static BenchSettings? Parse(string[] args)
    {
        int? Value(string name, int usual) =>
            Array.IndexOf(args, name) is var at && at < 0 ? usual
            : at + 1 < args.Length && int.TryParse(args[at + 1], CultureInfo.InvariantCulture, out var value) && value > 0 ? value
            : null;
        TimeSpan? Seconds(string name, int usual) => Value(name, usual) is { } value ? TimeSpan.FromSeconds(value) : null;
        return
            (
                Value("--connections", 32),
                Value("--venues", 20),
                Value("--cards", 100),
                Seconds("--warm-up", 40),
                Seconds("--seconds", 20),
                Value("--phases", 8),
                Seconds("--phase", 5),
                Value("--rows", 1_000_000),
                Value("--payments", 100_000)
            )
                is ({ } connections, { } venues, { } cards, { } warmUp, { } measured, { } phases, { } phase, { } rows, { } payments)
            && phases % 2 == 0
            ? new(
                connections,
                venues,
                cards,
                warmUp,
                measured,
                !args.Contains("--without-readers"),
                !args.Contains("--without-orders"),
                args.Contains("--fraction"),
                phases,
                phase,
                args.Contains("--sync"),
                args.Contains("--pages"),
                rows,
                payments
            )
            : null;
    }

    public static int Usage()
    {
        Console.Error.WriteLine($"usage: ./bench {Options}   (--phases is even)");
        return 2;
    }
}
