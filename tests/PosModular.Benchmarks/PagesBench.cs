using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using PosModular.Host.Development.Postgres;
using PosModular.Kernel.Paging;
using PosModular.Simulator;

namespace PosModular.Benchmarks;

/// <summary>
/// Compares the latency of the first page of a venue's transactions with that of the page after all the existing rows, alternating in
/// one run.
/// </summary>
internal static class PagesBench
{
    private const int PageSize = 50;
    private const int WarmUpRounds = 200;
    private const int Rounds = 1_000;

    private const string Query = """
        query($order: TransactionOrder!, $after: String) { venue(id: "venue-0") { transactions(order: $order, first: 50, after: $after) {
          nodes { id status total { amountMinor currency } tip { amountMinor } net { amountMinor } userId occurredAt
            card { brand last4 } } pageInfo { hasNextPage endCursor } } } }
        """;

    public static async Task<int> RunAsync(BenchSettings settings)
    {
        var directory = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}");
        await using var postgres = await EmbeddedPostgres.StartAsync(
            directory,
            isTemporary: true,
            NullLogger.Instance,
            CancellationToken.None
        );
        await using var square = await PosSimulator.StartAsync();
        await using var host = await BenchHost.StartAsync(
            postgres.ConnectionString,
            square,
            settings with
            {
                Venues = 1,
            },
            settings.HasReaders
        );
        await host.WaitForReadersAsync();
        await ExistingTransactions.InsertAsync(host.Database, settings.ExistingRows + PageSize);
        using var api = new BenchApi(host.Address);
        var isWithinLimit = true;
        foreach (var order in new[] { "NEWEST_FIRST", "LARGEST_FIRST" })
        {
            var after = await CursorAsync(host, order, settings.ExistingRows);
            var (first, last) = (new List<TimeSpan>(), new List<TimeSpan>());
            for (var i = 0; i < WarmUpRounds + Rounds; i++)
            {
                var (one, other) =
                    i % 2 == 0 ? (await TimeAsync(null), await TimeAsync(after)) : Swap(await TimeAsync(after), await TimeAsync(null));
                if (i < WarmUpRounds)
                    continue;
                first.Add(one);
                last.Add(other);
            }
            var ratio = Percentile(last, 0.5) / Percentile(first, 0.5);
            isWithinLimit &= ratio <= 1.5;
            Console.WriteLine(
                $"{order, -14} page 1: median {Percentile(first, 0.5).TotalMilliseconds:N2} ms, p95 "
                    + $"{Percentile(first, 0.95).TotalMilliseconds:N2}   after row {settings.ExistingRows:N0}: median "
                    + $"{Percentile(last, 0.5).TotalMilliseconds:N2} ms, p95 {Percentile(last, 0.95).TotalMilliseconds:N2}   ratio "
                    + $"{ratio:N2}"
            );

            async Task<TimeSpan> TimeAsync(string? cursor)
            {
                var began = Stopwatch.GetTimestamp();
                var answer = await api.QueryAsync(Query, new { order, after = cursor });
                var took = Stopwatch.GetElapsedTime(began);
                using var json = JsonDocument.Parse(answer);
                return
                    json.RootElement.GetProperty("data")
                        .GetProperty("venue")
                        .GetProperty("transactions")
                        .GetProperty("nodes")
                        .GetArrayLength() == PageSize
                    ? took
                    : throw new InvalidOperationException("The page has fewer transactions than were requested.");
            }
        }
        return isWithinLimit ? 0 : 1;
    }

    private static (T, T) Swap<T>(T one, T other) => (other, one);

    private static TimeSpan Percentile(List<TimeSpan> times, double part) => times.Order().ElementAt((int)(times.Count * part));

    /// <summary>The cursor that a client gets after this many rows, without reading thousands of pages to get there.</summary>
    public static async Task<string> CursorAsync(BenchHost host, string order, int row)
    {
        await using var command = host.Database.CreateCommand(
            $"select id, occurred_at, total_minor from ingestion.transactions where venue_id = 'venue-0' order by "
                + $"{(order == "NEWEST_FIRST" ? "occurred_at" : "total_minor")} desc, id desc offset {row - 1} limit 1"
        );
        await using var found = await command.ExecuteReaderAsync();
        await found.ReadAsync();
        var id = found.GetGuid(0);
        return order == "NEWEST_FIRST"
            ? Cursor.EncodeTime("newest", Instant.FromDateTimeUtc(found.GetDateTime(1)), id)
            : Cursor.Encode("largest", found.GetInt64(2).ToString(CultureInfo.InvariantCulture), id.ToString("N"));
    }
}
