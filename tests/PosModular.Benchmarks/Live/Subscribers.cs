using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace PosModular.Benchmarks.Live;

/// <summary>The process of the subscribers, controlled from here.</summary>
internal sealed class Subscribers : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    private readonly RunningProgram _process;
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Guid.NewGuid():N}");

    private Subscribers(SubscriberSpec spec)
    {
        Spec = spec;
        File.WriteAllBytes(_file, JsonSerializer.SerializeToUtf8Bytes(spec));
        _process = RunningProgram.Start(
            "dotnet",
            [typeof(Subscribers).Assembly.Location, "subscribers", _file],
            new Dictionary<string, string> { ["DOTNET_gcConcurrent"] = "0" },
            keepsOutput: true
        );
    }

    public SubscriberSpec Spec { get; }

    public TimeSpan ProcessorTime => _process.ProcessorTime;

    /// <summary>Returns when all have connected and subscribed.</summary>
    public static async Task<Subscribers> StartAsync(SubscriberSpec spec)
    {
        var subscribers = new Subscribers(spec);
        await subscribers._process.ReadLineAsync();
        return subscribers;
    }

    /// <summary>Notes from now on when each subscription receives the payments with these numbers.</summary>
    public Task RecordAsync(long first, int count) => _process.AskAsync($"record {first} {count}");

    /// <summary>Waits until this many events have been noted, no further one for ten seconds, or for thirty seconds; returns the
    /// number.</summary>
    public async Task<long> WaitForAsync(long events)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (count, lastArrivalAt) = (0L, began);
        using var pollTimer = new PeriodicTimer(TimeSpan.FromMilliseconds(20)); // polling without a pause would load the processors
        while (
            count < events
            && TimeProvider.System.GetElapsedTime(lastArrivalAt) < Patience
            && TimeProvider.System.GetElapsedTime(began) < MaxWait
        )
        {
            await pollTimer.WaitForNextTickAsync();
            var before = count;
            count = long.Parse(await _process.AskAsync("count"), CultureInfo.InvariantCulture);
            if (count > before)
                lastArrivalAt = TimeProvider.System.GetTimestamp();
        }
        return count;
    }

    /// <summary>The times of arrival in UTC ticks, 0 for none, one subscription after the other.</summary>
    public async Task<long[]> ArrivalsAsync()
    {
        await _process.AskAsync($"write {_file}");
        return MemoryMarshal.Cast<byte, long>(await File.ReadAllBytesAsync(_file)).ToArray();
    }

    /// <summary>An event as the first socket received it.</summary>
    public async Task<byte[]> SampleAsync()
    {
        await _process.AskAsync($"sample {_file}");
        return await File.ReadAllBytesAsync(_file);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        File.Delete(_file);
    }
}
