using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace PosModular.Benchmarks;

/// <summary>The result of a load.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Answered">Requests answered 200, including the warm-up.</param>
/// <param name="PerSecond">Requests a second, without the warm-up.</param>
/// <param name="Median">Median latency, without the warm-up.</param>
/// <param name="P99">99th percentile of the latency, without the warm-up.</param>
/// <param name="Refused">Requests not answered 200.</param>
internal sealed record LoadResult(string Name, long Answered, double PerSecond, TimeSpan Median, TimeSpan P99, long Refused)
{
    public override string ToString() =>
        $"{Name, -44} {PerSecond, 9:N0}/s   p50 {Median.TotalMilliseconds, 6:N1} ms   p99 {P99.TotalMilliseconds, 6:N1} "
        + $"ms{(Refused > 0 ? $"   REFUSED {Refused}" : "")}";
}

/// <summary>Senders over plain sockets, which cost little: each sends a prepared request and waits for its response.</summary>
internal static class LoadGenerator
{
    public static async Task<LoadResult> RunAsync(
        string name,
        Uri address,
        int connections,
        TimeSpan warmUp,
        TimeSpan measured,
        Func<int, byte[]> request
    )
    {
        var (next, refused, answered, measuring, over) = (-1, 0L, 0L, warmUp == TimeSpan.Zero, false);
        var latencies = new List<long>[connections];
        var start = Stopwatch.GetTimestamp();
        var senders = Enumerable
            .Range(0, connections)
            .Select(i =>
                Task.Run(async () =>
                {
                    latencies[i] = new List<long>(100_000);
                    using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port));
                    var answer = new byte[4096];
                    while (!Volatile.Read(ref over))
                    {
                        var bytes = request(Interlocked.Increment(ref next));
                        var began = Stopwatch.GetTimestamp();
                        await socket.SendAsync(bytes);
                        var length = 0;
                        do length += await socket.ReceiveAsync(answer.AsMemory(length));
                        while (answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0);
                        if (answer[9] != (byte)'2')
                        {
                            Interlocked.Increment(ref refused);
                            return; // an error response has a body, so this sender stops
                        }
                        Interlocked.Increment(ref answered);
                        if (Volatile.Read(ref measuring))
                            latencies[i].Add(Stopwatch.GetTimestamp() - began);
                    }
                })
            )
            .ToArray();
        if (!measuring)
        {
            using var warmUpTimer = new PeriodicTimer(warmUp);
            await warmUpTimer.WaitForNextTickAsync();
            Volatile.Write(ref measuring, true);
            start = Stopwatch.GetTimestamp();
        }
        using var measurementTimer = new PeriodicTimer(measured);
        await measurementTimer.WaitForNextTickAsync();
        Volatile.Write(ref over, true);
        await Task.WhenAll(senders);
        var took = Stopwatch.GetElapsedTime(start);
        var all = latencies.SelectMany(l => l).Order().ToArray();
        TimeSpan At(double part) => all.Length == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(0, all[(int)(all.Length * part)]);
        return new LoadResult(name, answered, all.Length / took.TotalSeconds, At(0.5), At(0.99), refused);
    }
}
