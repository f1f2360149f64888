using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using PosModular.Benchmarks.Intake;
using PosModular.Benchmarks.Live;
using PosModular.Benchmarks.Reads;
using PosModular.Benchmarks.Starts;
using PosModular.Host.Development.Postgres;

namespace PosModular.Benchmarks.Reports;

/// <summary>
/// Runs all measurements, each with its own PostgreSQL, and prints one table. A full run writes the table to docs/benchmarks.md; a quick
/// one does not, because its figures have a larger spread.
/// </summary>
internal static class FullBench
{
    private const string Document = "docs/benchmarks.md";
    private const string Start = "<!-- The table is written by ./bench. -->";
    private const string End = "<!-- The end of the table. -->";

    public static async Task<int> RunAsync(BenchSettings settings)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("./bench reads /proc and uses epoll: it needs Linux. --webhooks, --pages and --hostile run elsewhere.");
            return 2;
        }
        var began = Stopwatch.GetTimestamp();
        settings = settings.IsQuick
            ? settings with
            {
                Venues = 5,
                WarmUp = TimeSpan.FromSeconds(6),
                Measured = TimeSpan.FromSeconds(4),
                ExistingRows = 100_000,
                Payments = 5_000,
            }
            : settings with
            {
                WarmUp = TimeSpan.FromSeconds(30),
                Measured = TimeSpan.FromSeconds(16),
                Payments = 50_000,
            };
        List<Row> rows =
        [
            .. await WithPostgresAsync("intake", postgres => IntakeBench.MeasureAsync(postgres.ConnectionString, settings)),
            .. await WithPostgresAsync("sync", postgres => SyncBench.MeasureAsync(postgres.ConnectionString, settings)),
            .. await WithPostgresAsync("reads", postgres => ReadBench.MeasureAsync(postgres.ConnectionString, settings)),
            .. await WithPostgresAsync("live", postgres => LiveBench.MeasureAsync(postgres, settings with { Subscribers = 200 })),
            .. await WithPostgresAsync("live", postgres => LiveBench.MeasureAsync(postgres, settings with { Subscribers = 1_000 })),
            .. await WithPostgresAsync("idle", postgres => LiveBench.MeasureIdleAsync(postgres, settings with { Idle = 10_000 })),
            .. await WithPostgresAsync("start", postgres => StartBench.MeasureAsync(postgres.ConnectionString)),
        ];
        var table = Table.Of(rows);
        Console.WriteLine();
        Console.WriteLine(table);
        Console.WriteLine($"took {Stopwatch.GetElapsedTime(began).TotalMinutes:N1} minutes");
        if (!settings.IsQuick)
            await WriteAsync(table);
        var missed = rows.Where(row => row.IsMissed).ToArray();
        foreach (var row in missed)
            Console.WriteLine($"MISSED: {row.Name}: {(row.Figure is { } figure ? $"{figure:0.00}" : "no figure")}, mark {row.Mark}");
        return settings.IsCheck && missed.Length > 0 ? 1 : 0;
    }

    private static async Task<IReadOnlyList<Row>> WithPostgresAsync(string name, Func<EmbeddedPostgres, Task<IReadOnlyList<Row>>> measure)
    {
        Console.WriteLine();
        await using var postgres = await EmbeddedPostgres.StartAsync(
            Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}-{name}"),
            isTemporary: true,
            NullLogger.Instance,
            CancellationToken.None
        );
        return await measure(postgres);
    }

    private static async Task WriteAsync(string table)
    {
        var path = Path.Combine(Repository.Root, Document);
        var text = await File.ReadAllTextAsync(path);
        var (start, end) = (text.IndexOf(Start, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (start < 0 || end < start)
            throw new InvalidOperationException($"{Document} has no place for the table: it lacks the comments around it.");
        var today = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var note =
            $"Measured on {today} at commit {await CommitAsync()}, on a machine with {Environment.ProcessorCount} cores that the host, "
            + "PostgreSQL and the load\ngenerators share.";
        await File.WriteAllTextAsync(path, $"{text[..start]}{Start}\n\n{note}\n\n{table}\n{text[end..]}");
        Console.WriteLine($"written to {Document}");
    }

    private static async Task<string> CommitAsync()
    {
        var output = await RunningProgram.OutputAsync(
            "git",
            ["-C", Repository.Root, "rev-parse", "--short", "HEAD"],
            new Dictionary<string, string>()
        );
        return output.Trim() is { Length: > 0 } commit ? commit : "unknown";
    }
}
