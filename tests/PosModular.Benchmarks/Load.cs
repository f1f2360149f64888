using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace PosModular.Benchmarks;

/// <summary>What a load came to.</summary>
internal sealed record Figures(string What, double PerSecond, TimeSpan Median, TimeSpan P99, long Refused)
{
    public override string ToString() =>
        $"{What,-44} {PerSecond,9:N0}/s   p50 {Median.TotalMilliseconds,6:N1} ms   p99 {P99.TotalMilliseconds,6:N1} ms{(Refused > 0 ? $"   REFUSED {Refused}" : "")}";
}

/// <summary>Senders over plain sockets, so that they cost little: each sends a ready-made request and waits for its answer.</summary>
internal static class Load
{
    public static async Task<Figures> RunAsync(string what, Uri address, BenchSettings settings, Func<int, byte[]> request)
    {
        var (next, refused, measuring, over) = (0, 0L, false, false);
        var latencies = new List<long>[settings.Connections];
        var senders = Enumerable.Range(0, settings.Connections).Select(i => Task.Run(async () =>
        {
            latencies[i] = new List<long>(200_000);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port));
            var answer = new byte[4096];
            while (!Volatile.Read(ref over))
            {
                var bytes = request(Interlocked.Increment(ref next));
                var began = Stopwatch.GetTimestamp();
                await socket.SendAsync(bytes);
                var length = 0;
                do
                    length += await socket.ReceiveAsync(answer.AsMemory(length));
                while (answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0);
                if (answer[9] != (byte)'2')
                {
                    Interlocked.Increment(ref refused);
                    return; // an answer with a body: this sender is done
                }
                if (Volatile.Read(ref measuring))
                    latencies[i].Add(Stopwatch.GetTimestamp() - began);
            }
        })).ToArray();
        using var clock = new PeriodicTimer(settings.WarmUp);
        await clock.WaitForNextTickAsync();
        Volatile.Write(ref measuring, true);
        var start = Stopwatch.GetTimestamp();
        clock.Period = settings.Measured;
        await clock.WaitForNextTickAsync();
        Volatile.Write(ref measuring, false);
        var took = Stopwatch.GetElapsedTime(start);
        Volatile.Write(ref over, true);
        await Task.WhenAll(senders);
        var all = latencies.SelectMany(l => l).Order().ToArray();
        TimeSpan At(double part) => all.Length == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(0, all[(int)(all.Length * part)]);
        return new Figures(what, all.Length / took.TotalSeconds, At(0.5), At(0.99), refused);
    }
}
