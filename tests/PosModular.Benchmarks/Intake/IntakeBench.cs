using Microsoft.Extensions.Logging.Abstractions;
using PosModular.Benchmarks.Reports;
using PosModular.Host.Development.Postgres;
using PosModular.Simulator;

namespace PosModular.Benchmarks.Intake;

/// <summary>
/// Measures durable webhooks a second in all situations of interest, on one host that is warmed up once, with rules and analytics running.
/// The baselines are pgbench inserting the same raw event, one and a hundred a statement, and the same host in a plainer situation.
/// </summary>
internal static class IntakeBench
{
    private const int HotTransactions = 100_000;
    private const int PgbenchClients = 32;

    private static readonly TimeSpan WarmUpOfEach = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(BenchSettings settings)
    {
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
    /// <param name="settings">Each situation is measured for half of the time.</param>
    public static async Task<IReadOnlyList<Row>> MeasureAsync(string database, BenchSettings settings)
    {
        await using var square = await PosSimulator.StartAsync();
        await using var host = await BenchHost.StartAsync(database, square, settings, hasReaders: true);
        var load = new IntakeLoad(host);
        var (plain, measured) = (new RequestMix(), settings.Measured / 2);
        Console.WriteLine(
            $"webhooks of {settings.Venues} venues with {settings.CardsPerVenue} guests and 3 rules each; "
                + $"{settings.WarmUp.TotalSeconds:N0} s warm-up of all and {WarmUpOfEach.TotalSeconds:N0} s of each, "
                + $"{measured.TotalSeconds:N1} s measured each"
        );
        await load.RunAsync("warm-up without orders", plain, 32, TimeSpan.Zero, settings.WarmUp * 2 / 3);
        await load.RunAsync("warm-up with orders", new RequestMix(HasOrders: true), 32, TimeSpan.Zero, settings.WarmUp / 3);

        var few = await MeasureAsync("without orders, 32 connections", plain, 32);
        var many = await MeasureAsync("without orders, 256 connections", plain, 256);
        var fewWithOrders = await MeasureAsync("with orders, 32 connections", new RequestMix(HasOrders: true), 32);
        var manyWithOrders = await MeasureAsync("with orders, 256 connections", new RequestMix(HasOrders: true), 256);
        var duplicates = await MeasureAsync("30 % duplicates, 32 connections", new RequestMix(HasDuplicates: true), 32);

        // The baseline of the large table, measured when the host is as warm as it is then.
        var small = await MeasureAsync("without orders, 32 connections, again", plain, 32);
        var smallRows = await host.QueryScalarAsync<long>("select count(*) from ingestion.transactions");

        await host.AddHotGuestAsync(HotTransactions);
        var hotMix = new RequestMix(HasHotGuest: true);
        var (before, hot, hotAgain, after) = (
            await MeasureAsync("ordinary guests", plain, 32),
            await MeasureAsync($"1 % by a guest with {HotTransactions:N0} transactions", hotMix, 32),
            await MeasureAsync($"1 % by a guest with {HotTransactions:N0} transactions", hotMix, 32),
            await MeasureAsync("ordinary guests", plain, 32)
        );
        var (two, twoPeak) = await MeasureTwoHostsAsync(database, square, load, settings, measured);
        await ExistingTransactions.InsertAsync(host.Database, settings.ExistingRows);
        var full = await MeasureAsync($"into {settings.ExistingRows:N0} rows, 32 connections", plain, 32);
        await load.VerifyAsync();
        var peak = host.PeakResidentBytes;

        var body = Webhook.PaymentBody("event-00000000", "payment-0000000", "LOCATION00", "card-0000000");
        var single = await PgbenchInserts.RunAsync(database, settings.Venues, body, PgbenchClients, 1, WarmUpOfEach + measured);
        var batched = await PgbenchInserts.RunAsync(database, settings.Venues, body, PgbenchClients, 100, WarmUpOfEach + measured);
        Console.WriteLine(
            $"pgbench, {PgbenchClients} clients: {single:N0} rows/s one a statement, {batched:N0} rows/s a hundred a statement"
        );
        return
        [
            BesidePgbench("webhooks without orders, 32 connections", few, Mark.AtLeast(0.5)),
            BesidePgbench("webhooks without orders, 256 connections", many, Mark.AtLeast(0.5)),
            BesidePgbench("webhooks with orders, 32 connections", fewWithOrders, Mark.AtLeast(0.35)),
            BesidePgbench("webhooks with orders, 256 connections", manyWithOrders, Mark.AtLeast(0.35)),
            BesidePgbench("webhooks with 30 % duplicates", duplicates, null),
            new Row(
                "webhooks beside pgbench with a hundred rows a statement",
                few.Figure,
                $"pgbench, 100 rows a statement: {batched:N0}/s",
                few.PerSecond / batched,
                null,
                peak
            ),
            new Row(
                $"1 % of webhooks by a guest with {HotTransactions:N0} transactions",
                $"{(hot.PerSecond + hotAgain.PerSecond) / 2:N0}/s",
                $"ordinary guests, before and after: {(before.PerSecond + after.PerSecond) / 2:N0}/s",
                (hot.PerSecond + hotAgain.PerSecond) / (before.PerSecond + after.PerSecond),
                Mark.AtLeast(0.95),
                peak
            ),
            new Row("webhooks to two hosts", two.Figure, $"one host: {after.Figure}", two.PerSecond / after.PerSecond, null, twoPeak),
            new Row(
                $"webhooks into {settings.ExistingRows:N0} rows",
                full.Figure,
                $"into the {smallRows:N0} rows of this run alone: {small.Figure}",
                full.PerSecond / small.PerSecond,
                Mark.AtLeast(0.8),
                peak
            ),
        ];

        Task<LoadResult> MeasureAsync(string name, RequestMix mix, int connections) =>
            load.RunAsync(name, mix, connections, WarmUpOfEach, measured);

        Row BesidePgbench(string name, LoadResult ours, Mark? mark) =>
            new(name, ours.Figure, $"pgbench, 1 row a statement: {single:N0}/s", ours.PerSecond / single, mark, peak);
    }

    private static async Task<(LoadResult Result, long PeakBytes)> MeasureTwoHostsAsync(
        string database,
        RunningSimulator square,
        IntakeLoad load,
        BenchSettings settings,
        TimeSpan measured
    )
    {
        var address = RunningProgram.FreeAddress();
        await using var second = BenchHost.StartProcess(database, address, square.Address, hasReaders: true);
        await RunningProgram.WaitUntilListeningAsync(address);
        load.Addresses.Add(address);
        await load.RunAsync("warm-up of two hosts", new RequestMix(), 32, TimeSpan.Zero, settings.WarmUp / 2);
        var result = await load.RunAsync("two hosts, 32 connections", new RequestMix(), 32, WarmUpOfEach, measured);
        load.Addresses.Remove(address);
        return (result, second.PeakResidentBytes);
    }
}
