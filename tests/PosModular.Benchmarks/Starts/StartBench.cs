using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using PosModular.Benchmarks.Reports;
using PosModular.Host.Development.Postgres;

namespace PosModular.Benchmarks.Starts;

/// <summary>
/// Measures the time from the start of the process to the first success of /health/ready on a migrated database. The baseline is a bare web
/// server on the same runtime.
/// </summary>
internal static class StartBench
{
    private const int Rounds = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}");
        await using var postgres = await EmbeddedPostgres.StartAsync(
            directory,
            isTemporary: true,
            NullLogger.Instance,
            CancellationToken.None
        );
        Console.WriteLine(Table.Of(await MeasureAsync(postgres.ConnectionString)));
        return 0;
    }

    public static async Task<IReadOnlyList<Row>> MeasureAsync(string database)
    {
        await TimeHostAsync(database); // applies the migrations
        var (ours, theirs, peak) = (new List<TimeSpan>(), new List<TimeSpan>(), 0L);
        for (var i = 0; i < Rounds; i++)
        {
            var (took, memory) = await TimeHostAsync(database);
            ours.Add(took);
            peak = Math.Max(peak, memory);
            theirs.Add(await TimeBaselineAsync());
        }
        var (median, baseline) = (Percentile.Of([.. ours.Order()], 0.5), Percentile.Of([.. theirs.Order()], 0.5));
        return
        [
            new Row(
                $"start to ready on a migrated database, median of {Rounds}, in seconds",
                $"{median.TotalSeconds:N2} s (slowest {ours.Max().TotalSeconds:N2} s; a bare web server {baseline.TotalSeconds:N2} s)",
                null,
                median.TotalSeconds,
                Mark.AtMost(2),
                peak
            ),
        ];
    }

    private static async Task<(TimeSpan Took, long PeakBytes)> TimeHostAsync(string database)
    {
        var address = RunningProgram.FreeAddress();
        var began = Stopwatch.GetTimestamp();
        await using var host = BenchHost.StartProcess(database, address, squareAddress: null, hasReaders: true);
        await AwaitAsync(new Uri(address, "/health/ready"), began);
        return (Stopwatch.GetElapsedTime(began), host.PeakResidentBytes);
    }

    private static async Task<TimeSpan> TimeBaselineAsync()
    {
        var address = RunningProgram.FreeAddress();
        var began = Stopwatch.GetTimestamp();
        await using var server = RunningProgram.Start(
            "dotnet",
            [typeof(StartBench).Assembly.Location, "fan-out-baseline", address.ToString()]
        );
        await AwaitAsync(new Uri(address, "/published"), began);
        return Stopwatch.GetElapsedTime(began);
    }

    private static async Task AwaitAsync(Uri address, long began)
    {
        using var http = new HttpClient();
        using var pollTimer = new PeriodicTimer(TimeSpan.FromMilliseconds(10)); // polling without a pause would take a processor
        while (Stopwatch.GetElapsedTime(began) < Patience)
        {
            await pollTimer.WaitForNextTickAsync();
            try
            {
                using var response = await http.GetAsync(address);
                if (response.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }
        throw new InvalidOperationException($"{address} is not ready after {Patience.TotalSeconds:N0} s.");
    }
}
