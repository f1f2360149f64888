using System.Globalization;

namespace PosModular.Benchmarks;

/// <summary>What ./bench measures.</summary>
internal enum BenchMode
{
    All,
    Webhooks,
    ReaderCost,
    Sync,
    Pages,
    Hostile,
    Live,
    Reads,
    Start,
    Intake,
}

/// <summary>The options of ./bench.</summary>
internal sealed record BenchSettings
{
    private const string Options =
        "[--quick] [--check] | --webhooks [--connections 32] [--venues 20] [--cards 100] [--warm-up 40] [--seconds 20]"
        + " [--without-readers] [--without-orders]"
        + " | --reader-cost [--phases 8] [--phase-seconds 5]"
        + " | --sync [--payments 100000] [--existing-rows 1000000] | --pages [--existing-rows 1000000] | --hostile"
        + " | --live [--subscribers 1000] [--rate 50] [--idle 10000] | --reads [--existing-rows 1000000] | --start | --intake";

    public BenchMode Mode { get; private init; }

    /// <summary>Whether the table of all results takes two minutes instead of ten.</summary>
    public bool IsQuick { get; private init; }

    /// <summary>Whether a missed mark of the table makes the status 1.</summary>
    public bool IsCheck { get; private init; }

    /// <summary>Number of senders, each with one request in flight.</summary>
    public int Connections { get; init; } = 32;

    /// <summary>Number of venues.</summary>
    public int Venues { get; init; } = 20;

    /// <summary>Number of linked cards at each venue.</summary>
    public int CardsPerVenue { get; init; } = 100;

    /// <summary>Duration before measuring starts, for JIT compilation, query plans and the first unlocks.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>Duration of the measurement.</summary>
    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether rules and analytics run.</summary>
    public bool HasReaders { get; init; } = true;

    /// <summary>Whether each payment has an order, which the host fetches for tax and discount and which adds a version.</summary>
    public bool HasOrders { get; init; } = true;

    /// <summary>Number of phases of --reader-cost, an even number: half with readers, half without.</summary>
    public int PhaseCount { get; init; } = 8;

    /// <summary>Duration of each phase.</summary>
    public TimeSpan PhaseLength { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Number of transactions in the table before a sync or pages are measured.</summary>
    public int ExistingRows { get; init; } = 1_000_000;

    /// <summary>Number of payments that the sync reads.</summary>
    public int Payments { get; init; } = 100_000;

    /// <summary>Number of WebSockets that subscribe to transactionAdded.</summary>
    public int Subscribers { get; init; } = 1_000;

    /// <summary>Payments a second that the subscribers receive.</summary>
    public int Rate { get; init; } = 50;

    /// <summary>Number of idle subscriptions; 0 measures subscribers that receive payments.</summary>
    public int Idle { get; init; }

    /// <summary>Parses the command line; null when it is invalid.</summary>
    public static BenchSettings? Parse(string[] args)
    {
        var settings = new BenchSettings();
        for (var i = 0; i < args.Length; i++)
        {
            var parsed = ParseFlag(settings, args[i]);
            if (
                parsed is null
                && i + 1 < args.Length
                && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var value)
                && value > 0
            )
                parsed = ParseNumber(settings, args[i++], value);
            if (parsed is null)
                return null;
            settings = parsed;
        }
        return settings.PhaseCount % 2 == 0 ? settings : null;
    }

    private static BenchSettings? ParseFlag(BenchSettings settings, string name) =>
        name switch
        {
            "--without-readers" => settings with { HasReaders = false },
            "--without-orders" => settings with { HasOrders = false },
            "--reader-cost" => settings with { Mode = BenchMode.ReaderCost },
            "--sync" => settings with { Mode = BenchMode.Sync },
            "--pages" => settings with { Mode = BenchMode.Pages },
            "--hostile" => settings with { Mode = BenchMode.Hostile },
            "--reads" => settings with { Mode = BenchMode.Reads },
            "--webhooks" => settings with { Mode = BenchMode.Webhooks },
            "--intake" => settings with { Mode = BenchMode.Intake },
            "--check" => settings with { IsCheck = true },
            "--quick" => settings with { IsQuick = true },
            "--start" => settings with { Mode = BenchMode.Start },
            "--live" => settings with { Mode = BenchMode.Live },
            _ => null,
        };

    private static BenchSettings? ParseNumber(BenchSettings settings, string name, int value) =>
        name switch
        {
            "--connections" => settings with { Connections = value },
            "--venues" => settings with { Venues = value },
            "--cards" => settings with { CardsPerVenue = value },
            "--warm-up" => settings with { WarmUp = TimeSpan.FromSeconds(value) },
            "--seconds" => settings with { Measured = TimeSpan.FromSeconds(value) },
            "--phases" => settings with { PhaseCount = value },
            "--phase-seconds" => settings with { PhaseLength = TimeSpan.FromSeconds(value) },
            "--existing-rows" => settings with { ExistingRows = value },
            "--payments" => settings with { Payments = value },
            "--subscribers" => settings with { Subscribers = value },
            "--rate" => settings with { Rate = value },
            "--idle" => settings with { Idle = value },
            _ => null,
        };

    public static int Usage()
    {
        Console.Error.WriteLine($"usage: ./bench {Options}   (--phases must be even)");
        return 2;
    }
}
