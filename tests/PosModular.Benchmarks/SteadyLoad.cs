using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace PosModular.Benchmarks;

/// <summary>Sends requests at a steady rate, whatever the server does.</summary>
internal static class SteadyLoad
{
    /// <summary>Sends this many requests. Each latency counts from the moment at which the request was sent.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="address">The server.</param>
    /// <param name="perSecond">Requests a second.</param>
    /// <param name="count">Number of requests.</param>
    /// <param name="request">The bytes of a request by its number, from 0.</param>
    /// <param name="answered">Called with the number of each request when its response, a 200, has arrived.</param>
    public static async Task<LoadResult> RunAsync(
        string name,
        Uri address,
        int perSecond,
        int count,
        Func<int, byte[]> request,
        Action<int>? answered = null
    )
    {
        var (latencies, refused, sending) = (new ConcurrentBag<TimeSpan>(), 0, new List<Task>());
        var idle = new ConcurrentBag<Socket>();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Max(1, Math.Min(20, 1000.0 / perSecond))));
        var started = Stopwatch.GetTimestamp();
        while (sending.Count < count)
        {
            await pace.WaitForNextTickAsync();
            var due = Math.Min(count, (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * perSecond) + 1);
            while (sending.Count < due)
            {
                var number = sending.Count;
                sending.Add(Task.Run(() => SendAsync(number, Stopwatch.GetTimestamp())));
            }
        }

        await Task.WhenAll(sending);
        foreach (var socket in idle)
            socket.Dispose();
        var took = Stopwatch.GetElapsedTime(started);
        var sorted = latencies.Order().ToArray();
        return new LoadResult(
            name,
            sorted.Length,
            sorted.Length / took.TotalSeconds,
            Percentile.Of(sorted, 0.5),
            Percentile.Of(sorted, 0.99),
            refused
        );

        async Task SendAsync(int number, long began)
        {
            if (!idle.TryTake(out var socket))
            {
                socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port));
            }

            await socket.SendAsync(request(number));
            var (answer, length) = (new byte[4096], 0);
            do length += await socket.ReceiveAsync(answer.AsMemory(length));
            while (answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0);
            if (answer[9] == (byte)'2')
            {
                latencies.Add(Stopwatch.GetElapsedTime(began));
                answered?.Invoke(number);
                idle.Add(socket);
                return;
            }

            Interlocked.Increment(ref refused);
            socket.Dispose();
        }
    }
}
