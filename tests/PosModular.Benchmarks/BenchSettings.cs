using System.Globalization;

namespace PosModular.Benchmarks;

/// <param name="Connections">Number of senders, each with one request in flight.</param>
/// <param name="Venues">Number of venues.</param>
/// <param name="CardsPerVenue">Number of linked cards at each venue.</param>
/// <param name="WarmUp">Duration before measuring starts, for JIT compilation, query plans and the first unlocks.</param>
/// <param name="Measured">Duration of the measurement.</param>
/// <param name="HasReaders">Whether rules and analytics run.</param>
/// <param name="HasOrders">
/// Whether each payment has an order, which the host fetches for tax and discount and which adds a version.
/// </param>
/// <param name="ReaderCost">Whether to measure the cost of rules and analytics, alternating between hosts with and without them.</param>
/// <param name="PhaseCount">Number of phases, an even number: half with readers, half without.</param>
/// <param name="PhaseLength">Duration of each phase.</param>
/// <param name="Sync">Whether to measure a sync of past payments.</param>
/// <param name="Pages">Whether to measure pages of transactions.</param>
/// <param name="Hostile">Whether to measure webhooks beside hostile clients.</param>
/// <param name="ExistingRows">Number of transactions in the table before a sync or pages are measured.</param>
/// <param name="Payments">Number of payments that the sync reads.</param>
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
    bool Hostile,
    int ExistingRows,
    int Payments
)
{
    private const string Options =
        "[--connections 32] [--venues 20] [--cards 100] [--warm-up 40] [--seconds 20] [--without-readers] [--without-orders]"
        + " | --reader-cost [--phases 8] [--phase-seconds 5]"
        + " | --sync [--payments 100000] [--existing-rows 1000000] | --pages [--existing-rows 1000000] | --hostile";

    /// <summary>Parses the command line; null when it is invalid.</summary>
    public static BenchSettings? Parse(string[] args)
    {
        int? Value(string name, int fallback) =>
            Array.IndexOf(args, name) is var at && at < 0 ? fallback
            : at + 1 < args.Length && int.TryParse(args[at + 1], CultureInfo.InvariantCulture, out var value) && value > 0 ? value
            : null;
        TimeSpan? Seconds(string name, int fallback) => Value(name, fallback) is { } value ? TimeSpan.FromSeconds(value) : null;
        return
            (
                Value("--connections", 32),
                Value("--venues", 20),
                Value("--cards", 100),
                Seconds("--warm-up", 40),
                Seconds("--seconds", 20),
                Value("--phases", 8),
                Seconds("--phase-seconds", 5),
                Value("--existing-rows", 1_000_000),
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
                args.Contains("--reader-cost"),
                phases,
                phase,
                args.Contains("--sync"),
                args.Contains("--pages"),
                args.Contains("--hostile"),
                rows,
                payments
            )
            : null;
    }

    public static int Usage()
    {
        Console.Error.WriteLine($"usage: ./bench {Options}   (--phases must be even)");
        return 2;
    }
}
