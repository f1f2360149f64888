using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

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
    /// <summary>The rate and the p99 as a cell of a table.</summary>
    public string Figure => $"{PerSecond:N0}/s, p99 {P99.TotalMilliseconds:N1} ms";

    public override string ToString() =>
        $"{Name, -44} {PerSecond, 9:N0}/s   p50 {Median.TotalMilliseconds, 6:N1} ms   p99 {P99.TotalMilliseconds, 6:N1} "
        + $"ms{(Refused > 0 ? $"   REFUSED {Refused}" : "")}";
}

/// <summary>Senders over plain sockets, which cost little: each sends a prepared request and waits for its response.</summary>
internal static class LoadGenerator
{
    private const int BufferSize = 256 * 1024;

    public static Task<LoadResult> RunAsync(
        string name,
        Uri address,
        int connections,
        TimeSpan warmUp,
        TimeSpan measured,
        Func<int, byte[]> request,
        byte[]? expectedBody = null
    ) => RunAsync(name, [address], connections, warmUp, measured, request, expectedBody);

    /// <param name="name">What is measured.</param>
    /// <param name="addresses">The senders use these in turn.</param>
    /// <param name="connections">Number of senders.</param>
    /// <param name="warmUp">Time before the measurement.</param>
    /// <param name="measured">Time of the measurement.</param>
    /// <param name="request">The bytes of a request by its number, from 0. Numbers are used in order and without gaps.</param>
    /// <param name="expectedBody">The body that every response must have; null for responses without one.</param>
    public static async Task<LoadResult> RunAsync(
        string name,
        IReadOnlyList<Uri> addresses,
        int connections,
        TimeSpan warmUp,
        TimeSpan measured,
        Func<int, byte[]> request,
        byte[]? expectedBody = null
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
                    await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, addresses[i % addresses.Count].Port));
                    var answer = new byte[expectedBody is null ? 4096 : BufferSize];
                    while (!Volatile.Read(ref over))
                    {
                        var bytes = request(Interlocked.Increment(ref next));
                        var began = Stopwatch.GetTimestamp();
                        await socket.SendAsync(bytes);
                        var (length, end) = (0, -1);
                        while (end < 0 || length < end + (expectedBody?.Length ?? 0))
                        {
                            var received = await socket.ReceiveAsync(answer.AsMemory(length));
                            if (received == 0)
                                throw new InvalidOperationException($"{name}: the server has closed the connection.");
                            length += received;
                            if (end < 0 && answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is >= 0 and var found)
                                end = found + 4;
                            if (end >= 0 && answer[9] != (byte)'2')
                                break;
                        }
                        if (answer[9] != (byte)'2')
                        {
                            Interlocked.Increment(ref refused);
                            return; // an error response has a body, so this sender stops
                        }
                        if (expectedBody is not null && !answer.AsSpan(end, length - end).SequenceEqual(expectedBody))
                            throw new InvalidOperationException(
                                $"{name}: another response than the first: {Encoding.UTF8.GetString(answer, 0, length)}"
                            );
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
