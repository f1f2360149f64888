using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace PosModular.Benchmarks.Live;

/// <summary>
/// The subscribers, in a process of their own, so that their processor time is known. Lines on the standard input control it: "record FIRST
/// COUNT" notes when each subscription receives the payments with these numbers from now on; "count" tells how many have been noted; "write
/// FILE" writes the times of arrival, in UTC ticks and 0 for none, one subscription after the other; "sample FILE" writes an event.
/// </summary>
internal sealed class SubscriberProcess
{
    private const int BufferSize = 256 * 1024;

    private readonly SubscriberSpec _spec;
    private readonly SubscriberConnection[] _connections;
    private readonly Epoll _epoll = new();
    private Recording _recording = new(0, 0, []);
    private byte[] _sample = [];

    private SubscriberProcess(SubscriberSpec spec)
    {
        _spec = spec;
        _connections = [.. Enumerable.Range(0, spec.Sockets).Select(i => new SubscriberConnection(spec, i, Note))];
    }

    public static int Run(string file)
    {
        new SubscriberProcess(JsonSerializer.Deserialize<SubscriberSpec>(File.ReadAllBytes(file))!).Run();
        return 0;
    }

    private void Run()
    {
        // Sockets that are open already must answer the server's pings while the others are opened.
        new Thread(ReadForever) { IsBackground = true }.Start();
        var buffer = new byte[BufferSize];
        foreach (var connection in _connections)
        {
            connection.Open(buffer);
            _epoll.Add(connection.Socket, connection.Index);
        }
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
            Console.WriteLine(Obey(line.Split(' ')));
    }

    private void ReadForever()
    {
        try
        {
            var buffer = new byte[BufferSize];
            while (true)
                _epoll.Wait(index => _connections[index].Read(buffer));
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine(exception.Message);
            Environment.Exit(1);
        }
    }

    private string Obey(string[] command)
    {
        switch (command)
        {
            case ["record", var first, var count]:
                var payments = int.Parse(count, CultureInfo.InvariantCulture);
                _recording = new Recording(
                    long.Parse(first, CultureInfo.InvariantCulture),
                    payments,
                    new long[_spec.Subscriptions * payments]
                );
                return "recording";
            case ["count"]:
                return _recording.Count.ToString(CultureInfo.InvariantCulture);
            case ["write", var file]:
                File.WriteAllBytes(file, MemoryMarshal.AsBytes(_recording.Arrivals.AsSpan()).ToArray());
                return "written";
            case ["sample", var file]:
                File.WriteAllBytes(file, _sample);
                return "written";
            default:
                throw new InvalidOperationException($"Unknown command {string.Join(' ', command)}");
        }
    }

    private void Note(int subscription, long number, long arrivedAt, byte[] bytes)
    {
        if (bytes.Length > 0)
            _sample = bytes;
        var recording = _recording;
        var payment = number - recording.First;
        if (payment < 0 || payment >= recording.Payments)
            return;
        ref var arrival = ref recording.Arrivals[subscription * recording.Payments + payment];
        if (arrival != 0)
            throw new InvalidOperationException($"Subscription {subscription} received payment {number} twice.");
        arrival = arrivedAt;
        recording.Count++;
    }

    private sealed class Recording(long first, int payments, long[] arrivals)
    {
        public long First => first;

        public int Payments => payments;

        public long[] Arrivals => arrivals;

        public long Count;
    }
}
