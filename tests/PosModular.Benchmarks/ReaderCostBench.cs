using Microsoft.Extensions.Logging.Abstractions;
using PosModular.Host.Development.Postgres;
using PosModular.Simulator;

namespace PosModular.Benchmarks;

/// <summary>
/// Measures the share of rules and analytics in the cost of a webhook, and whether they keep up. A host with them and one without, each
/// with its own PostgreSQL, are loaded in turn (A B B A …), so that other work of the machine affects both equally. Work after the end
/// of a load is included.
/// </summary>
internal static class ReaderCostBench
{
    public static async Task<int> RunAsync(BenchSettings settings)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("--reader-cost reads processor times from /proc: it needs Linux.");
            return 2;
        }
        Console.WriteLine(
            $"{settings.Connections} connections, {settings.Venues} venues of {settings.CardsPerVenue} guests with cards and 3 "
                + $"rules; warm-up {settings.WarmUp.TotalSeconds:N0} s each, then {settings.PhaseCount} phases of "
                + $"{settings.PhaseLength.TotalSeconds:N0} s"
        );
        await using var square = await PosSimulator.StartAsync();
        await using var onePostgres = await PostgresAsync("with");
        await using var otherPostgres = await PostgresAsync("without");
        await using var withReaders = await BenchHost.StartAsync(onePostgres.ConnectionString, square, settings, hasReaders: true);
        await using var withoutReaders = await BenchHost.StartAsync(otherPostgres.ConnectionString, square, settings, hasReaders: false);
        var (with, without) = (new MeasuredHost(withReaders), new MeasuredHost(withoutReaders));
        foreach (var side in new[] { with, without })
            await side.RunPhaseAsync(settings.Connections, settings.WarmUp);
        with.Phases.Clear();
        without.Phases.Clear();

        Console.WriteLine("phase     webhooks/s   host µs   PostgreSQL µs   unapplied at the end   caught up in");
        for (var i = 0; i < settings.PhaseCount; i++)
        {
            var side = i % 4 is 0 or 3 ? with : without;
            var phase = await side.RunPhaseAsync(settings.Connections, settings.PhaseLength);
            var catchUp = side == with ? $" {phase.Behind, 22:N0} {phase.CatchUp.TotalMilliseconds, 11:N0} ms" : "";
            Console.WriteLine(
                $"{(side == with ? "with" : "without"), -8} {phase.PerSecond, 11:N0} {phase.HostMicros, 9:N0} "
                    + $"{phase.PostgresMicros, 15:N0}{catchUp}"
            );
        }

        Console.WriteLine(
            $"median with    {with.Median(p => p.PerSecond):N0}/s, {with.Median(p => p.PerSecondCaughtUp):N0}/s until caught up; "
                + $"{with.Median(p => p.HostMicros):N0} + {with.Median(p => p.PostgresMicros):N0} µs a webhook"
        );
        Console.WriteLine(
            $"median without {without.Median(p => p.PerSecond):N0}/s; {without.Median(p => p.HostMicros):N0} + "
                + $"{without.Median(p => p.PostgresMicros):N0} µs a webhook"
        );
        Console.WriteLine(
            $"webhooks/s with / without {with.Median(p => p.PerSecond) / without.Median(p => p.PerSecond):N2}, until caught up "
                + $"{with.Median(p => p.PerSecondCaughtUp) / without.Median(p => p.PerSecond):N2}"
        );
        Console.WriteLine(
            $"share of rules and analytics, (with - without) / with: of all processor time "
                + $"{Part(p => p.HostMicros + p.PostgresMicros):P0}, of the host's {Part(p => p.HostMicros):P0}, of PostgreSQL's "
                + $"{Part(p => p.PostgresMicros):P0}"
        );
        Console.WriteLine(
            $"changes unapplied at the end: median {with.Median(p => p.Behind):N0}, max {with.Phases.Max(p => p.Behind):N0}; "
                + $"caught up in {with.Median(p => p.CatchUp.TotalMilliseconds):N0} ms, at most "
                + $"{with.Phases.Max(p => p.CatchUp.TotalMilliseconds):N0} ms"
        );
        var verified = await with.VerifyAsync() & await without.VerifyAsync();
        return verified ? 0 : 1;

        double Part(Func<Phase, double> cost) => (with.Median(cost) - without.Median(cost)) / with.Median(cost);
    }

    private static Task<EmbeddedPostgres> PostgresAsync(string name) =>
        EmbeddedPostgres.StartAsync(
            Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}-{name}"),
            isTemporary: true,
            NullLogger.Instance,
            CancellationToken.None
        );

    /// <summary>The results of one phase.</summary>
    private sealed record Phase(
        LoadResult Load,
        double PerSecondCaughtUp,
        double HostMicros,
        double PostgresMicros,
        long Behind,
        TimeSpan CatchUp
    )
    {
        public double PerSecond => Load.PerSecond;
    }

    private sealed class MeasuredHost(BenchHost host)
    {
        private long _answered;
        private long _refused;

        public List<Phase> Phases { get; } = [];

        public async Task<Phase> RunPhaseAsync(int connections, TimeSpan duration)
        {
            var requests = host.PrepareRequests(duration);
            var (hostBefore, postgresBefore) = (host.ProcessorTime, await host.PostgresProcessorTimeAsync());
            var load = await LoadGenerator.RunAsync("", host.Address, connections, TimeSpan.Zero, duration, requests);
            var (behind, catchUp) = await host.WaitForReadersAsync();
            var postgres = await host.PostgresProcessorTimeAsync() - postgresBefore;
            double Micros(TimeSpan spent) => spent.TotalMicroseconds / load.Answered;
            var phase = new Phase(
                load,
                load.Answered / (load.Answered / load.PerSecond + catchUp.TotalSeconds),
                Micros(host.ProcessorTime - hostBefore),
                Micros(postgres),
                behind,
                catchUp
            );
            Phases.Add(phase);
            _answered += load.Answered;
            _refused += load.Refused;
            return phase;
        }

        public double Median(Func<Phase, double> value)
        {
            var values = Phases.Select(value).Order().ToArray();
            return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
        }

        public async Task<bool> VerifyAsync() => await host.VerifyAsync(_answered) && _refused == 0;
    }
}
