using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using PosModular.Benchmarks.Reports;
using PosModular.Host.Development.Postgres;
using PosModular.Simulator;

namespace PosModular.Benchmarks.Live;

/// <summary>
/// Measures how soon WebSockets subscribed to transactionAdded of one venue receive payments that arrive as webhooks at a steady rate: the
/// time from the commit to the arrival of each event at each socket. The baseline is a web server that sends the same bytes to as many
/// sockets at the same rate, without a database; there the time counts from the start of each fan-out. Or it measures what subscriptions
/// cost while nothing happens. The sockets are those of ten owners of the venue, because the host limits the sockets of one user.
/// </summary>
internal static class LiveBench
{
    private const string Query = """
        subscription { transactionAdded(venueId: "venue-0") { id externalId status total { amountMinor currency } tip { amountMinor }
          tax { amountMinor } net { amountMinor } userId occurredAt paymentMethod cursor card { brand last4 } } }
        """;

    private const int OperationsPerIdleSocket = 50;
    private const int NumberDigits = 12;

    public static async Task<int> RunAsync(BenchSettings settings)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("--live reads many sockets with epoll: it needs Linux.");
            return 2;
        }
        var directory = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}");
        await using var postgres = await EmbeddedPostgres.StartAsync(
            directory,
            isTemporary: true,
            NullLogger.Instance,
            CancellationToken.None
        );
        var rows = settings.Idle > 0 ? await MeasureIdleAsync(postgres, settings) : await MeasureAsync(postgres, settings);
        Console.WriteLine(Table.Of(rows));
        return rows.Any(row => double.IsNaN(row.Figure!.Value)) ? 1 : 0;
    }

    /// <param name="postgres">A server with an empty database, which is restarted.</param>
    /// <param name="settings">The number of subscribers and the rate of payments.</param>
    public static async Task<IReadOnlyList<Row>> MeasureAsync(EmbeddedPostgres postgres, BenchSettings settings)
    {
        Console.WriteLine(
            $"{settings.Subscribers:N0} WebSockets of {BenchApi.Owners.Count} owners subscribed to transactionAdded of one venue, "
                + $"{settings.Rate} payments a second, {settings.WarmUp.TotalSeconds:N0} s warm-up, "
                + $"{settings.Measured.TotalSeconds:N0} s measured"
        );
        var (ours, sample, prefix, peak) = await MeasureHostAsync(postgres, settings);
        var baseline = await MeasureBaselineAsync(settings, sample, prefix);
        if (!baseline.IsComplete)
            throw new InvalidOperationException("The baseline has lost events.");
        Console.WriteLine(
            $"host / baseline: p50 {ours.Median / baseline.Median:N2}, p99 {ours.P99 / baseline.P99:N2}, processor time of the server "
                + $"{ours.ServerSeconds / baseline.ServerSeconds:N2}"
        );
        return
        [
            new Row(
                $"live, {settings.Subscribers:N0} subscribers × {settings.Rate} payments/s, p99",
                ours.Figure,
                $"bare fan-out: {baseline.Figure}",
                ours.IsComplete ? ours.P99 / baseline.P99 : double.NaN,
                Mark.AtMost(2),
                peak
            ),
        ];
    }

    private static async Task<(LiveResult Result, byte[] Sample, string Prefix, long PeakBytes)> MeasureHostAsync(
        EmbeddedPostgres postgres,
        BenchSettings settings
    )
    {
        await RecordCommitTimesAsync(postgres);
        await using var square = await PosSimulator.StartAsync();
        await using var host = await StartHostAsync(postgres, square, settings);
        await using var subscribers = await Subscribers.StartAsync(SpecFor(host.Address, settings.Subscribers, 1, host.PaymentIdPrefix));
        await AwaitSubscriptionsAsync(host, subscribers);
        var warmUp = (int)(settings.Rate * settings.WarmUp.TotalSeconds);
        await subscribers.RecordAsync(host.NextNumber, warmUp);
        await SendAsync(host, settings.Rate, settings.WarmUp);
        // What the warm-up leaves to be delivered must not delay what is measured.
        await subscribers.WaitForAsync((long)settings.Subscribers * warmUp);

        var first = host.NextNumber;
        var payments = (int)(settings.Rate * settings.Measured.TotalSeconds);
        await subscribers.RecordAsync(first, payments);
        var (hostBefore, postgresBefore, clientBefore) = (
            host.ProcessorTime,
            await host.PostgresProcessorTimeAsync(),
            subscribers.ProcessorTime
        );
        var answeredAt = await SendAsync(host, settings.Rate, settings.Measured);
        var received = await subscribers.WaitForAsync((long)settings.Subscribers * payments);
        var (hostTime, postgresTime, clientTime) = (
            host.ProcessorTime - hostBefore,
            await host.PostgresProcessorTimeAsync() - postgresBefore,
            subscribers.ProcessorTime - clientBefore
        );
        var arrivals = await subscribers.ArrivalsAsync();
        var committedAt = await ReadCommitTimesAsync(host, first, payments);
        var result = LiveResult.Create("PosModular, from the commit", arrivals, committedAt, received, hostTime);
        var fromAnswer = LiveResult.Create("PosModular, from the webhook's 200", arrivals, answeredAt, received, hostTime);
        Console.WriteLine(result);
        Console.WriteLine(fromAnswer);
        Console.WriteLine(
            $"   processor time: host {hostTime.TotalSeconds:N1} s, PostgreSQL {postgresTime.TotalSeconds:N1} s, subscribers "
                + $"{clientTime.TotalSeconds:N1} s; host's peak memory {host.PeakResidentBytes / 1e6:N0} MB"
        );
        return (result, await subscribers.SampleAsync(), host.PaymentIdPrefix, host.PeakResidentBytes);
    }

    private static async Task<LiveResult> MeasureBaselineAsync(BenchSettings settings, byte[] sample, string prefix)
    {
        var address = RunningProgram.FreeAddress();
        await using var baseline = RunningProgram.Start(
            "dotnet",
            [typeof(LiveBench).Assembly.Location, "fan-out-baseline", address.ToString()]
        );
        await RunningProgram.WaitUntilListeningAsync(address);
        using var http = new HttpClient { BaseAddress = address };
        var digits =
            sample.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\"externalId\":\"{prefix}")) + "\"externalId\":\"".Length + prefix.Length;
        (await http.PostAsync($"/template/{digits}", new ByteArrayContent(sample))).EnsureSuccessStatusCode();
        await using var subscribers = await Subscribers.StartAsync(SpecFor(address, settings.Subscribers, 1, prefix));
        await PublishAsync(settings.WarmUp, 1_000_000);

        var payments = (int)(settings.Rate * settings.Measured.TotalSeconds);
        await subscribers.RecordAsync(0, payments);
        var (before, clientBefore) = (baseline.ProcessorTime, subscribers.ProcessorTime);
        await PublishAsync(settings.Measured, 0);
        var received = await subscribers.WaitForAsync((long)settings.Subscribers * payments);
        var (time, clientTime) = (baseline.ProcessorTime - before, subscribers.ProcessorTime - clientBefore);
        var published = (await http.GetStringAsync("/published"))
            .Split('\n')
            .Select(line => line.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray())
            .Where(line => line[0] < payments)
            .OrderBy(line => line[0])
            .Select(line => line[1])
            .ToArray();
        var result = LiveResult.Create(
            "baseline: the same bytes, no database",
            await subscribers.ArrivalsAsync(),
            published,
            received,
            time
        );
        Console.WriteLine(result);
        Console.WriteLine(
            $"   processor time: baseline {time.TotalSeconds:N1} s, subscribers {clientTime.TotalSeconds:N1} s; its peak memory "
                + $"{baseline.PeakResidentBytes / 1e6:N0} MB; {sample.Length} bytes an event"
        );
        return result;

        async Task PublishAsync(TimeSpan duration, long first)
        {
            var load = await SteadyLoad.RunAsync("", address, settings.Rate, (int)(settings.Rate * duration.TotalSeconds), i =>
                Encoding.ASCII.GetBytes($"POST /publish/{first + i} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            );
            if (load.Refused > 0)
                throw new InvalidOperationException($"The baseline refused {load.Refused} requests.");
        }
    }

    /// <param name="postgres">A server with an empty database.</param>
    /// <param name="settings">The number of idle subscriptions.</param>
    public static async Task<IReadOnlyList<Row>> MeasureIdleAsync(EmbeddedPostgres postgres, BenchSettings settings)
    {
        await using var square = await PosSimulator.StartAsync();
        await using var host = await StartHostAsync(postgres, square, settings);
        await SendAsync(host, settings.Rate, settings.WarmUp);
        await host.WaitForReadersAsync();
        var sockets = Math.Max(1, settings.Idle / OperationsPerIdleSocket);
        var operations = settings.Idle / sockets;
        Console.WriteLine(
            $"{sockets} WebSockets of {BenchApi.Owners.Count} owners with {operations} idle subscriptions each, "
                + $"{settings.Measured.TotalSeconds:N0} s without and {settings.Measured.TotalSeconds:N0} s with them"
        );
        var without = await WatchAsync(host, settings.Measured);
        Console.WriteLine($"without subscriptions: {without}");
        await using var subscribers = await Subscribers.StartAsync(SpecFor(host.Address, sockets, operations, host.PaymentIdPrefix));
        await AwaitSubscriptionsAsync(host, subscribers);
        var with = await WatchAsync(host, settings.Measured);
        Console.WriteLine($"with {sockets * operations:N0} subscriptions: {with}");

        await subscribers.RecordAsync(host.NextNumber, 1);
        var answeredAt = await SendAsync(host, 1, TimeSpan.FromSeconds(1));
        var received = await subscribers.WaitForAsync(subscribers.Spec.Subscriptions);
        var result = LiveResult.Create("one payment after that", await subscribers.ArrivalsAsync(), answeredAt, received, TimeSpan.Zero);
        Console.WriteLine(result);
        Console.WriteLine(
            $"memory of one subscription {(with.ResidentBytes - without.ResidentBytes) / 1e3 / subscribers.Spec.Subscriptions:N1} KB; "
                + $"host's peak memory {host.PeakResidentBytes / 1e6:N0} MB"
        );
        return
        [
            new Row(
                $"{subscribers.Spec.Subscriptions:N0} idle subscriptions, database transactions",
                $"{with.TransactionsPerSecond:N1}/s" + (result.IsComplete ? "" : $"; only {received:N0} still receive"),
                $"none: {without.TransactionsPerSecond:N1}/s",
                result.IsComplete ? with.TransactionsPerSecond / without.TransactionsPerSecond : double.NaN,
                null,
                host.PeakResidentBytes
            ),
        ];
    }

    private static Task<BenchHost> StartHostAsync(EmbeddedPostgres postgres, RunningSimulator square, BenchSettings settings) =>
        BenchHost.StartAsync(postgres.ConnectionString, square, settings with { Venues = 1, HasOrders = false }, settings.HasReaders);

    private static SubscriberSpec SpecFor(Uri address, int sockets, int operations, string prefix) =>
        new(
            address.Port,
            [.. BenchApi.Owners.Select(owner => BenchApi.CreateToken(owner))],
            sockets,
            operations,
            Query,
            $"\"externalId\":\"{prefix}"
        );

    // The host does not say when a subscription has started, so payments are sent until one of them arrives everywhere.
    private static async Task AwaitSubscriptionsAsync(BenchHost host, Subscribers subscribers)
    {
        const int attempts = 10;
        for (var i = 0; i < attempts; i++)
        {
            await subscribers.RecordAsync(host.NextNumber, 1);
            await SendAsync(host, 1, TimeSpan.FromSeconds(1));
            if (await subscribers.WaitForAsync(subscribers.Spec.Subscriptions) == subscribers.Spec.Subscriptions)
                return;
        }
        throw new InvalidOperationException($"Not all of {subscribers.Spec.Subscriptions} subscriptions receive payments.");
    }

    /// <summary>Sends payments at this rate; returns when the response to each arrived, in UTC ticks.</summary>
    private static async Task<long[]> SendAsync(BenchHost host, int rate, TimeSpan duration)
    {
        var count = (int)(rate * duration.TotalSeconds);
        var answeredAt = new long[count];
        var load = await SteadyLoad.RunAsync("", host.Address, rate, count, host.PrepareRequests(count), i =>
            answeredAt[i] = TimeProvider.System.GetUtcNow().UtcTicks
        );
        return load.Refused == 0 ? answeredAt : throw new InvalidOperationException($"The host refused {load.Refused} webhooks.");
    }

    private static async Task RecordCommitTimesAsync(EmbeddedPostgres postgres)
    {
        await using (var database = Npgsql.NpgsqlDataSource.Create(postgres.ConnectionString))
            await ExistingTransactions.ExecuteAsync(database, "alter system set track_commit_timestamp = on");
        await postgres.StopAsync(immediate: false);
        await postgres.RestartAsync();
    }

    private static async Task<long[]> ReadCommitTimesAsync(BenchHost host, long first, int payments)
    {
        var committedAt = new long[payments];
        await using var command = host.Database.CreateCommand(
            $"""
            select right(t.external_id, {NumberDigits})::bigint - {first}, pg_xact_commit_timestamp(v.xmin)
            from ingestion.transaction_versions v join ingestion.transactions t on t.id = v.transaction_id
            where v.added and t.external_id >= '{host.PaymentIdPrefix}{first:D12}' and t.external_id not like '%-first-%'
            """
        );
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            committedAt[rows.GetInt64(0)] = rows.GetDateTime(1).Ticks;
        return committedAt;
    }

    private static async Task<IdleCost> WatchAsync(BenchHost host, TimeSpan duration)
    {
        const string transactions = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()";
        var (before, hostBefore, postgresBefore) = (
            await host.QueryScalarAsync<long>(transactions),
            host.ProcessorTime,
            await host.PostgresProcessorTimeAsync()
        );
        using var timer = new PeriodicTimer(duration);
        await timer.WaitForNextTickAsync();
        return new IdleCost(
            (await host.QueryScalarAsync<long>(transactions) - before) / duration.TotalSeconds,
            (host.ProcessorTime - hostBefore) / duration,
            (await host.PostgresProcessorTimeAsync() - postgresBefore) / duration,
            host.ResidentBytes
        );
    }

    private sealed record IdleCost(double TransactionsPerSecond, double HostProcessors, double PostgresProcessors, long ResidentBytes)
    {
        public override string ToString() =>
            $"{TransactionsPerSecond:N1} database transactions a second; host {HostProcessors:P1} and PostgreSQL {PostgresProcessors:P1} "
            + $"of a processor; host's memory {ResidentBytes / 1e6:N0} MB";
    }
}
