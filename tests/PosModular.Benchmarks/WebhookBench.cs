using Microsoft.Extensions.Logging.Abstractions;
using PosModular.Benchmarks.Intake;
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
        var inserts = await PgbenchInserts.RunAsync(
            postgres.ConnectionString,
            settings.Venues,
            body,
            settings.Connections,
            rowsPerStatement: 1,
            settings.WarmUp + settings.Measured
        );
        Console.WriteLine($"{"baseline: pgbench, one raw event a statement", -44} {inserts, 9:N0}/s");
        var hmac = await MeasureSignatureBaselineAsync(settings, body);
        Console.WriteLine($"host / pgbench {ours.PerSecond / inserts:N2}   host / signature only {ours.PerSecond / hmac.PerSecond:N2}");
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
}
