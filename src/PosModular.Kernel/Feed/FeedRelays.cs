using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace PosModular.Kernel.Feed;

/// <summary>Runs the relay of every registered reader, and answers how far they are.</summary>
public sealed class FeedRelays : BackgroundService
{
    /// <summary>Name of the meter: gauges <c>pos.feed.behind</c> and <c>pos.feed.parked</c>, by reader.</summary>
    public const string Meter = "PosModular.Feed";

    private readonly FeedRelay[] _relays;
    private readonly FeedBell _bell;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, (long Behind, long Parked)> _lags = [];

    public FeedRelays(IServiceProvider services, IEnumerable<FeedReader> readers, IEnumerable<FeedSource> sources, FeedBell bell, IMeterFactory meters, TimeProvider time)
    {
        (_bell, _time) = (bell, time);
        var byName = sources.ToDictionary(s => s.Name);
        _relays = [.. readers.Select(r => ActivatorUtilities.CreateInstance<FeedRelay>(services, r, byName[r.Source]))];
        var meter = meters.Create(Meter);
        meter.CreateObservableGauge("pos.feed.behind", () => Gauge(l => l.Behind), "{change}", "Changes not yet handled.");
        meter.CreateObservableGauge("pos.feed.parked", () => Gauge(l => l.Parked), "{change}", "Changes whose handler failed, waiting to be tried again.");
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll([.. _relays.Select(r => Task.Run(() => r.RunAsync(stoppingToken), stoppingToken)), WatchAsync(stoppingToken)]);

    /// <summary>Changes behind and parked, by reader.</summary>
    public async Task<IReadOnlyDictionary<string, (long Behind, long Parked)>> LagAsync(CancellationToken ct)
    {
        var lags = new Dictionary<string, (long, long)>();
        foreach (var relay in _relays)
            lags[relay.Reader.Name] = await relay.LagAsync(null, ct);
        return lags;
    }

    /// <summary>Changes of a venue that this reader has not handled yet, parked ones included.</summary>
    public async Task<long> BehindAsync(string reader, string venueId, CancellationToken ct)
    {
        var (behind, parked) = await _relays.Single(r => r.Reader.Name == reader).LagAsync(venueId, ct);
        return behind + parked;
    }

    /// <summary>Returns when every reader, on whatever host, has handled all that was published before the call.</summary>
    public async Task WhenIdleAsync(CancellationToken ct)
    {
        foreach (var relay in _relays)
        {
            using var moved = _bell.Listen(relay.Moved);
            while ((await relay.LagAsync(null, ct)).Behind > 0)
                await moved.WaitAsync(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
        }
    }

    private async Task WatchAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                foreach (var (reader, lag) in await LagAsync(ct))
                    lock (_lags)
                        _lags[reader] = lag;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The gauges keep their last value while the database is away; /health/ready tells that it is.
            }
            await _time.WaitAsync(TimeSpan.FromSeconds(10), ct);
        }
    }

    private Measurement<long>[] Gauge(Func<(long Behind, long Parked), long> value)
    {
        lock (_lags)
            return _lags.Select(l => new Measurement<long>(value(l.Value), new KeyValuePair<string, object?>("reader", l.Key))).ToArray();
    }
}

public static class FeedSetup
{
    /// <param name="services">The host's.</param>
    /// <param name="relays">False on a host that leaves the readers to others.</param>
    public static IServiceCollection AddFeed(this IServiceCollection services, bool relays = true)
    {
        services.AddSingleton<FeedBell>();
        services.AddSingleton<FeedTail>();
        services.AddScoped<AfterCommit>();
        services.AddHostedService<BellTower>();
        services.AddSingleton<FeedRelays>();
        return relays ? services.AddHostedService(s => s.GetRequiredService<FeedRelays>()) : services;
    }
}
