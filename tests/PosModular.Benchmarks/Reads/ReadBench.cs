using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PosModular.Benchmarks.Reports;
using PosModular.Host.Development.Postgres;
using PosModular.Simulator;

namespace PosModular.Benchmarks.Reads;

/// <summary>
/// Measures queries a second at sixteen connections. The baseline of each is a web server that runs the same statement and writes the same
/// JSON, which is compared with that of the host before anything is measured.
/// </summary>
internal static class ReadBench
{
    private const int Connections = 16;
    private const int DeepRow = 25_000;

    private const string Item =
        "id externalId status total { amountMinor currency } tip { amountMinor } tax { amountMinor } net { amountMinor } userId "
        + "occurredAt paymentMethod card { brand last4 } breakdownComplete";

    private const string PageInfo = "pageInfo { hasNextPage endCursor }";

    private const string MemberPage =
        "{ nodes { userId tier firstSeenAt lastSeenAt lifetimeSpend { amountMinor currency } } " + PageInfo + " }";

    private const string Revenue =
        "{ from to total { amountMinor } count average { amountMinor } net { amountMinor } refunded { amountMinor } tip { amountMinor } "
        + "pending { amountMinor } byPaymentMethod { key total { amountMinor } count } pendingChanges }";

    private const string Point = "{ label total { amountMinor } count net { amountMinor } }";

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
    /// <param name="settings">The warm-up is that of all queries together; each is then measured for a quarter of the time.</param>
    public static async Task<IReadOnlyList<Row>> MeasureAsync(string database, BenchSettings settings)
    {
        await using var square = await PosSimulator.StartAsync();
        await using var host = await BenchHost.StartAsync(database, square, settings with { Venues = 1 }, hasReaders: true);
        await host.WaitForReadersAsync();
        await ExistingTransactions.InsertAsync(host.Database, settings.ExistingRows);
        await ReadData.DeriveAsync(host.Database);
        Console.WriteLine(
            $"queries over {Connections} connections, {settings.ExistingRows:N0} transactions and 1,000 members of one venue, "
                + $"{settings.WarmUp.TotalSeconds:N0} s warm-up of all and {WarmUpOfEach.TotalSeconds:N0} s of each, "
                + $"{settings.Measured.TotalSeconds / 4:N1} s measured each"
        );

        var address = RunningProgram.FreeAddress();
        await using var baseline = RunningProgram.Start(
            "dotnet",
            [typeof(ReadBench).Assembly.Location, "read-baseline", address.ToString()],
            new Dictionary<string, string> { [ReadBaseline.DatabaseVariable] = database }
        );
        await RunningProgram.WaitUntilListeningAsync(address);
        var tokens = BenchApi.Owners.Select(owner => BenchApi.CreateToken(owner)).ToArray();
        var queries = await QueriesAsync(host, tokens[0]);
        var checkedQueries = new List<CheckedQuery>();
        foreach (var query in queries)
            checkedQueries.Add(await CheckAsync(query, host.Address, address, tokens));
        foreach (var query in checkedQueries)
            await query.LoadHostAsync(host.Address, TimeSpan.Zero, settings.WarmUp / checkedQueries.Count);

        var rows = new List<Row>();
        foreach (var query in checkedQueries)
        {
            var ours = await query.LoadHostAsync(host.Address, WarmUpOfEach, settings.Measured / 4);
            var theirs = await query.LoadBaselineAsync(address, WarmUpOfEach, settings.Measured / 4);
            Console.WriteLine(ours);
            Console.WriteLine(theirs);
            rows.Add(
                new Row(
                    query.Query.Name,
                    ours.Figure,
                    $"same statement and JSON: {theirs.Figure}",
                    ours.PerSecond / theirs.PerSecond,
                    query.Mark,
                    host.PeakResidentBytes
                )
            );
        }
        return rows;
    }

    private static async Task<IReadOnlyList<ReadQuery>> QueriesAsync(BenchHost host, string token)
    {
        var day = await DayAsync(host, 90);
        var seriesTo = await DayAsync(host, 80);
        var seriesFrom = await DayAsync(host, 170);
        var after = await PagesBench.CursorAsync(host, "NEWEST_FIRST", DeepRow);
        var (dayFrom, dayTo) = await SpanAsync(host, token, "DAY", day);
        var (monthFrom, monthTo) = await SpanAsync(host, token, "MONTH", day);
        var (yearFrom, yearTo) = await SpanAsync(host, token, "YEAR", day);
        return
        [
            Query("first page of 50 transactions", $"transactions(first: 50) {{ nodes {{ {Item} }} {PageInfo} }}", "/transactions"),
            Query(
                $"page of 50 after {DeepRow:N0} rows",
                $"transactions(first: 50, after: \"{after}\") {{ nodes {{ {Item} }} {PageInfo} }}",
                $"/transactions?after={after}"
            ),
            Query("page of 50 members", $"members(first: 50) {MemberPage}", "/members"),
            Query("revenue of a month", $"revenue(period: MONTH, on: \"{day}\") {Revenue}", $"/revenue?from={monthFrom}&to={monthTo}"),
            Query("revenue of a year", $"revenue(period: YEAR, on: \"{day}\") {Revenue}", $"/revenue?from={yearFrom}&to={yearTo}"),
            Query(
                "series of 90 days",
                $"revenueSeries(from: \"{seriesFrom}\", to: \"{seriesTo}\", by: DAY) {Point}",
                $"/series?from={seriesFrom}&to={seriesTo}"
            ),
            Query(
                "dashboard: day, month, series, 10 transactions, 10 members",
                $"day: revenue(period: DAY, on: \"{day}\") {Revenue} month: revenue(period: MONTH, on: \"{day}\") {Revenue} "
                    + $"revenueSeries(from: \"{seriesFrom}\", to: \"{seriesTo}\", by: DAY) {Point} "
                    + $"transactions(first: 10) {{ nodes {{ {Item} }} {PageInfo} }} members(first: 10) {MemberPage}",
                $"/dashboard?dayFrom={dayFrom}&dayTo={dayTo}&monthFrom={monthFrom}&monthTo={monthTo}&from={seriesFrom}&to={seriesTo}"
            ),
        ];

        static ReadQuery Query(string name, string fields, string path) => new(name, $"{{ venue(id: \"venue-0\") {{ {fields} }} }}", path);
    }

    private static Task<string> DayAsync(BenchHost host, int daysAgo) =>
        host.QueryScalarAsync<string>($"select to_char(now() - interval '{daysAgo} days', 'YYYY-MM-DD')");

    private static async Task<(string From, string To)> SpanAsync(BenchHost host, string token, string period, string day)
    {
        var query = new ReadQuery("", $"{{ venue(id: \"venue-0\") {{ revenue(period: {period}, on: \"{day}\") {{ from to }} }} }}", "");
        using var json = JsonDocument.Parse(await BodyAsync(host.Address, query.HostRequest(token)));
        var revenue = json.RootElement.GetProperty("data").GetProperty("venue").GetProperty("revenue");
        return (revenue.GetProperty("from").GetString()!, revenue.GetProperty("to").GetString()!);
    }

    // The baseline is worth nothing unless it gives the same response.
    private static async Task<CheckedQuery> CheckAsync(ReadQuery query, Uri host, Uri baseline, string[] tokens)
    {
        var ours = await BodyAsync(host, query.HostRequest(tokens[0]));
        var theirs = await BodyAsync(baseline, query.BaselineRequest());
        using var one = JsonDocument.Parse(ours);
        using var other = JsonDocument.Parse(theirs);
        if (!JsonElement.DeepEquals(one.RootElement, other.RootElement))
            throw new InvalidOperationException(
                $"{query.Name}: the host and the baseline differ.\n{Encoding.UTF8.GetString(ours)}\n{Encoding.UTF8.GetString(theirs)}"
            );
        return new CheckedQuery(query, [.. tokens.Select(query.HostRequest)], ours, theirs);
    }

    private static async Task<byte[]> BodyAsync(Uri address, byte[] request)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(System.Net.IPAddress.Loopback, address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(request);
        var (buffer, length) = (new byte[1024 * 1024], 0);
        int end;
        while ((end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
            length += await stream.ReadAtLeastAsync(buffer.AsMemory(length), 1);
        var head = Encoding.ASCII.GetString(buffer, 0, end).Split("\r\n");
        var size = head.FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        if (size is null || !head[0].Contains(" 200", StringComparison.Ordinal))
            throw new InvalidOperationException(Encoding.UTF8.GetString(buffer, 0, length));
        var total = end + 4 + int.Parse(size["Content-Length: ".Length..], CultureInfo.InvariantCulture);
        if (length < total)
            length += await stream.ReadAtLeastAsync(buffer.AsMemory(length, total - length), total - length);
        return buffer[(end + 4)..total];
    }

    private sealed record CheckedQuery(ReadQuery Query, byte[][] HostRequests, byte[] HostBody, byte[] BaselineBody)
    {
        public Mark? Mark =>
            Query.Name.StartsWith("first page", StringComparison.Ordinal) ? Mark.AtLeast(0.4)
            : Query.Name.StartsWith("revenue", StringComparison.Ordinal) ? Mark.AtLeast(0.5)
            : null;

        public Task<LoadResult> LoadHostAsync(Uri address, TimeSpan warmUp, TimeSpan measured) =>
            RunAsync(Query.Name, address, warmUp, measured, i => HostRequests[i % HostRequests.Length], HostBody);

        public Task<LoadResult> LoadBaselineAsync(Uri address, TimeSpan warmUp, TimeSpan measured)
        {
            var request = Query.BaselineRequest();
            return RunAsync("   baseline: same statement and JSON", address, warmUp, measured, _ => request, BaselineBody);
        }

        private static async Task<LoadResult> RunAsync(
            string name,
            Uri address,
            TimeSpan warmUp,
            TimeSpan measured,
            Func<int, byte[]> request,
            byte[] body
        )
        {
            var result = await LoadGenerator.RunAsync(name, address, Connections, warmUp, measured, request, body);
            return result.Refused == 0 ? result : throw new InvalidOperationException($"{name}: {result.Refused} requests were refused.");
        }
    }
}
