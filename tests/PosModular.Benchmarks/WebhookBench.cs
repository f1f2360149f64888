using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using PosModular.Host.Development.Postgres;
using PosModular.Simulator;

namespace PosModular.Benchmarks;

/// <summary>
/// Measures signed webhooks sent to a host with its own PostgreSQL, with rules and analytics running and seven of ten payments by linked
/// cards. The baselines are pgbench inserting the same raw event, one a statement, and a web server that only checks the signature.
/// </summary>
internal static class WebhookBench
{
    public static async Task<int> RunAsync(BenchSettings settings)
    {
        var directory = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}");
        await using var postgres = await EmbeddedPostgres.StartAsync(
            directory,
            isTemporary: true,
            NullLogger.Instance,
            CancellationToken.None
        );
        var body = Webhook.PaymentBody("event-00000000", "payment-0000000", "LOCATION00", "card-0000000");
        Console.WriteLine(
            $"{settings.Connections} connections, {settings.Venues} venues of {settings.CardsPerVenue} guests with cards and 3 "
                + $"rules, {settings.WarmUp.TotalSeconds:N0} s warm-up, {settings.Measured.TotalSeconds:N0} s measured, bodies of "
                + $"{body.Length:N0} bytes"
        );

        var ours = await MeasureHostAsync(postgres.ConnectionString, settings);
        var inserts = await MeasurePgbenchAsync(postgres.ConnectionString, settings, body);
        var hmac = await MeasureSignatureBaselineAsync(settings, body);
        Console.WriteLine(
            $"host / pgbench {ours.PerSecond / inserts.PerSecond:N2}   host / signature only {ours.PerSecond / hmac.PerSecond:N2}"
        );
        return ours.Refused == 0 ? 0 : 1;
    }

    private static async Task<LoadResult> MeasureHostAsync(string database, BenchSettings settings)
    {
        await using var square = await PosSimulator.StartAsync();
        await using var host = await BenchHost.StartAsync(database, square, settings, settings.HasReaders);
        var requests = host.PrepareRequests(settings.WarmUp + settings.Measured);
        var before = host.ProcessorTime;
        var figures = await LoadGenerator.RunAsync(
            "PosModular, durable webhooks",
            host.Address,
            settings.Connections,
            settings.WarmUp,
            settings.Measured,
            requests
        );
        Console.WriteLine(figures);
        var (behind, took) = await host.WaitForReadersAsync();
        if (settings.HasReaders)
            Console.WriteLine($"   changes unapplied at the end {behind:N0}, caught up in {took.TotalMilliseconds:N0} ms");
        Console.WriteLine($"   host's processor time {(host.ProcessorTime - before).TotalSeconds:N1} s");
        return await host.VerifyAsync(figures.Answered) ? figures : figures with { Refused = figures.Refused + 1 };
    }

    private static async Task<LoadResult> MeasureSignatureBaselineAsync(BenchSettings settings, byte[] body)
    {
        var address = RunningProgram.FreeAddress();
        await using var baselineHost = RunningProgram.Start(
            "dotnet",
            [typeof(WebhookBench).Assembly.Location, "signature-baseline", address.ToString()]
        );
        await RunningProgram.WaitUntilListeningAsync(address);
        var request = Webhook.Request("/", body, "https://pos.example.test/", "key"u8.ToArray());
        var figures = await LoadGenerator.RunAsync(
            "baseline: web server, signature only",
            address,
            settings.Connections,
            settings.WarmUp,
            settings.Measured,
            _ => request
        );
        Console.WriteLine(figures);
        return figures;
    }

    // Inserts the same row as ingestion.webhook_events, into a table with the same key and index.
    private static async Task<LoadResult> MeasurePgbenchAsync(string database, BenchSettings settings, byte[] body)
    {
        await using (var source = NpgsqlDataSource.Create(database))
        await using (
            var command = source.CreateCommand("create table baseline_webhook_events (like ingestion.webhook_events including all)")
        )
            await command.ExecuteNonQueryAsync();
        var script = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}.sql");
        await File.WriteAllTextAsync(
            script,
            $"""
            \set n random(1, 1000000000000)
            \set v random(0, {settings.Venues - 1})
            insert into baseline_webhook_events
              (id, venue_id, connection_id, event_id, provider, type, status, received_at, attempts, payload)
            values (gen_random_uuid(), 'venue-' || :v, '00000000-0000-0000-0000-000000000000', :n::text, 2, 'payment.updated',
              1, now(), 1, '\x{Convert.ToHexString(
                body
            )}')
            on conflict do nothing;
            """
        );
        var (perSecond, mean) = await Pgbench.RunAsync(
            database,
            script,
            settings.Connections,
            "-T",
            $"{(int)(settings.WarmUp + settings.Measured).TotalSeconds}"
        );
        File.Delete(script);
        var figures = new LoadResult("baseline: pgbench, one raw event a statement", 0, perSecond, mean, TimeSpan.Zero, 0);
        Console.WriteLine($"{figures.Name, -44} {figures.PerSecond, 9:N0}/s   mean {figures.Median.TotalMilliseconds, 5:N1} ms");
        return figures;
    }
}
