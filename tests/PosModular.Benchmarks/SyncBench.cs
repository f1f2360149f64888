using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using PosModular.Benchmarks.Reports;
using PosModular.Host.Development.Postgres;
using PosModular.Simulator;
using PosModular.Simulator.Payments;

namespace PosModular.Benchmarks;

/// <summary>
/// Measures a sync of past payments, page by page without a rate limit, into a table that is already large, with rules and analytics
/// running. The baseline is pgbench inserting the same rows into a copy of the table, a hundred (one page) with each statement.
/// </summary>
internal static class SyncBench
{
    private const int WarmUp = 10_000;
    private const int GuestCount = 1_000;

    public static async Task<int> RunAsync(BenchSettings settings)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("--sync reads processor times from /proc: it needs Linux.");
            return 2;
        }
        var directory = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}");
        await using var postgres = await EmbeddedPostgres.StartAsync(
            directory,
            isTemporary: true,
            NullLogger.Instance,
            CancellationToken.None
        );
        Console.WriteLine(Table.Of(await MeasureAsync(postgres.ConnectionString, settings)));
        return 0;
    }

    /// <param name="database">The connection string of an empty database.</param>
    /// <param name="settings">How many payments are synced into how many rows.</param>
    public static async Task<IReadOnlyList<Row>> MeasureAsync(string database, BenchSettings settings)
    {
        Console.WriteLine(
            $"{settings.Payments:N0} payments of one location into a table of {settings.ExistingRows:N0}, warm-up {WarmUp:N0}; 70 "
                + $"% with cards of {GuestCount:N0} guests, 3 rules, no rate limit"
        );
        await using var square = await PosSimulator.StartAsync();
        await using var host = await BenchHost.StartAsync(
            database,
            square,
            settings with
            {
                Venues = 1,
                CardsPerVenue = GuestCount,
            },
            settings.HasReaders
        );
        await host.WaitForReadersAsync();
        // The simulator does not have the orders of the linked cards' first payments.
        await ExistingTransactions.ExecuteAsync(host.Database, "delete from ingestion.order_fetches");
        await ExistingTransactions.InsertAsync(host.Database, settings.ExistingRows);

        var today = new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        AddSales(square, host.FirstLocation, 0, WarmUp, today.AddDays(-50), today.AddDays(-49));
        AddSales(square, host.FirstLocation, WarmUp, settings.Payments, today.AddDays(-45), today.AddDays(-15));
        using var api = new BenchApi(host.Address);
        await BackfillAsync(api, host, today.AddDays(-50), today.AddDays(-49), WarmUp);
        await host.WaitForReadersAsync();

        var (hostBefore, postgresBefore, simulatorBefore) = (
            host.ProcessorTime,
            await host.PostgresProcessorTimeAsync(),
            Process.GetCurrentProcess().TotalProcessorTime
        );
        var (took, resident) = await BackfillAsync(api, host, today.AddDays(-45), today.AddDays(-15), settings.Payments);
        var (behind, catchUp) = await host.WaitForReadersAsync();
        var orders = await host.QueryScalarAsync<long>("select count(*) from ingestion.order_fetches");
        var perSecond = settings.Payments / took.TotalSeconds;
        Console.WriteLine(
            $"sync: {perSecond:N0} rows/s, {took.TotalSeconds:N1} s; changes unapplied at the end {behind:N0}, caught up in "
                + $"{catchUp.TotalMilliseconds:N0} ms; orders not fetched yet {orders:N0}"
        );
        Console.WriteLine(
            $"   host's memory before, at 25, 50, 75 and 100 %: {string.Join("  ", resident.Select(r => $"{r >> 20:N0}"))} MB"
        );
        Console.WriteLine(
            $"   processor time until caught up: host {(host.ProcessorTime - hostBefore).TotalSeconds:N1} s, PostgreSQL "
                + $"{(await host.PostgresProcessorTimeAsync() - postgresBefore).TotalSeconds:N1} s, simulator "
                + $"{(Process.GetCurrentProcess().TotalProcessorTime - simulatorBefore).TotalSeconds:N1} s"
        );
        var verified = await host.VerifyAsync(WarmUp + settings.Payments, "at the provider") & await EqualsProviderAsync(square, host);

        await ExistingTransactions.ExecuteAsync(
            host.Database,
            "create table baseline_transactions (like ingestion.transactions including all)"
        );
        await ExistingTransactions.ExecuteAsync(
            host.Database,
            "insert into baseline_transactions select * from ingestion.transactions where connection_id = "
                + "'00000000-0000-0000-0000-000000000000'"
        );
        var one = await MeasureBaselineAsync(database, host.Database, clients: 1, settings.Payments);
        var two = await MeasureBaselineAsync(database, host.Database, clients: 2, settings.Payments);
        Console.WriteLine(
            $"sync / pgbench with 1 client (a sync of one location has one worker, too) {perSecond / one:N2}, with 2 clients "
                + $"{perSecond / two:N2}"
        );
        if (!verified)
            throw new InvalidOperationException("What is stored does not match the provider. The lines above say what.");
        return
        [
            new Row(
                $"bulk sync of {settings.Payments:N0} payments into {settings.ExistingRows:N0} rows",
                $"{perSecond:N0} rows/s",
                $"pgbench, 100 rows a statement, 1 client: {one:N0} rows/s",
                perSecond / one,
                Mark.AtLeast(0.3),
                host.PeakResidentBytes
            ),
        ];
    }

    private static void AddSales(
        RunningSimulator simulator,
        ConnectedLocation location,
        int first,
        int count,
        DateTimeOffset from,
        DateTimeOffset to
    )
    {
        for (var i = 0; i < count; i++)
            simulator.Ledger.AddSale(
                new Sale
                {
                    LocationId = location.LocationId,
                    Amount = 500 + (first + i) * 7919L % 5000,
                    Card = new Card
                    {
                        Fingerprint = Webhook.Fingerprint(
                            i % 10 < 7 ? BenchHost.CardName((i / 10 * 7 + i % 10) % GuestCount) : $"new-{first + i:D12}"
                        ),
                    },
                    Captured = true,
                    At = from + (to - from) * ((double)i / count),
                    Announce = false,
                }
            );
    }

    private static async Task<(TimeSpan Took, IReadOnlyList<long> Resident)> BackfillAsync(
        BenchApi api,
        BenchHost host,
        DateTimeOffset from,
        DateTimeOffset to,
        int count
    )
    {
        var resident = new List<long> { host.ResidentBytes };
        var began = Stopwatch.GetTimestamp();
        var run = (
            await api.MutateAsync(
                "syncTransactions",
                "SyncTransactionsInput",
                "runs { id }",
                new
                {
                    host.FirstLocation.VenueId,
                    from,
                    to,
                }
            )
        ).GetProperty("runs")[0].GetProperty("id").GetString();
        using var pollTimer = new PeriodicTimer(TimeSpan.FromMilliseconds(20)); // polling without a pause would load the database
        while (true)
        {
            await pollTimer.WaitForNextTickAsync();
            var state = await host.QueryScalarAsync<int[]>($"select array[status, fetched] from ingestion.sync_runs where id = '{run}'");
            if (state[0] == 2)
                break;
            if (state[0] > 2)
                throw new InvalidOperationException(
                    await host.QueryScalarAsync<string>(
                        $"select concat_ws(' ', status, error_code, error_message) from ingestion.sync_runs where id = '{run}'"
                    )
                );
            if (resident.Count < 4 && state[1] >= count / 4 * resident.Count)
                resident.Add(host.ResidentBytes);
        }
        var took = Stopwatch.GetElapsedTime(began);
        resident.Add(host.ResidentBytes);
        return (took, resident);
    }

    // Compares counts and amounts, including those of the orders, to the cent.
    private static async Task<bool> EqualsProviderAsync(RunningSimulator simulator, BenchHost host)
    {
        var expected = simulator.Ledger.Payments(host.FirstLocation.LocationId);
        var counts = (expected.Count, expected.Sum(p => p.Total), expected.Sum(p => p.Tip), expected.Sum(p => p.Tax));
        var ours = await host.QueryScalarAsync<long[]>(
            """
            select array[count(*), sum(total_minor), sum(tip_minor), sum(tax_minor)]::bigint[] from ingestion.transactions
            where connection_id <> '00000000-0000-0000-0000-000000000000' and external_id not like '%-first-%'
              and breakdown_complete and status = 2
            """
        );
        var equal = (ours[0], ours[1], ours[2], ours[3]) == counts;
        Console.WriteLine(
            $"   count, totals, tips and taxes equal the provider's: "
                + $"{(equal ? "yes" : $"NO: {string.Join(' ', ours)} here, {counts} there")}"
        );
        return equal;
    }

    // Inserts as many rows as the sync, after the same warm-up and a checkpoint.
    private static async Task<double> MeasureBaselineAsync(string database, NpgsqlDataSource source, int clients, int rows)
    {
        await ExistingTransactions.ExecuteAsync(source, "vacuum analyze baseline_transactions");
        await ExistingTransactions.ExecuteAsync(source, "checkpoint");
        var script = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}.sql");
        await File.WriteAllTextAsync(
            script,
            $"""
            \set n random(1, 1000000000000)
            insert into baseline_transactions ({ExistingTransactions.Columns})
            select {ExistingTransactions.Values(
                "n",
                "at",
                "n"
            )} from (select :n::bigint * 100 + i as n, clock_timestamp() as at from generate_series(1, 100) i) s;
            """
        );
        await Pgbench.RunAsync(database, script, clients, "-t", $"{WarmUp / 100 / clients}");
        var (perSecond, mean) = await Pgbench.RunAsync(database, script, clients, "-t", $"{Math.Max(1, rows / 100 / clients)}");
        File.Delete(script);
        Console.WriteLine(
            $"baseline: pgbench, 100 of the same rows a statement into a copy of the table, {clients} "
                + $"client{(clients == 1 ? "" : "s")}: {perSecond * 100:N0} rows/s, mean {mean.TotalMilliseconds:N1} ms a statement"
        );
        return perSecond * 100;
    }
}
