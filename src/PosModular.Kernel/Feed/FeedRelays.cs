using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>Runs the relay of every registered reader, and answers how far they are.</summary>
public sealed class FeedRelays : BackgroundService
{
    /// <summary>Name of the meter: gauges <c>pos.feed.behind</c> and <c>pos.feed.dead_letters</c>, by reader.</summary>
    public const string MeterName = "PosModular.Feed";

    private readonly FeedRelay[] _relays;
    private readonly FeedSignal _signal;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, (long Behind, long Parked)> _lags = [];

    public FeedRelays(
        IServiceProvider services,
        IEnumerable<FeedReader> readers,
        IEnumerable<FeedSource> sources,
        FeedSignal signal,
        IMeterFactory meters,
        TimeProvider time
    )
    {
        (_signal, _time) = (signal, time);
        var byName = sources.ToDictionary(s => s.Name);
        _relays = [.. readers.Select(r => ActivatorUtilities.CreateInstance<FeedRelay>(services, r, byName[r.Source]))];
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("pos.feed.behind", () => Measure(l => l.Behind), "{change}", "Changes not yet handled.");
        meter.CreateObservableGauge(
            "pos.feed.dead_letters",
            () => Measure(l => l.Parked),
            "{change}",
            "Changes whose handler failed, waiting to be tried again."
        );
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll([.. _relays.Select(r => Task.Run(() => r.RunAsync(stoppingToken), stoppingToken)), UpdateLagsAsync(stoppingToken)]);

    /// <summary>Changes behind and parked, by reader.</summary>
    public async Task<IReadOnlyDictionary<string, (long Behind, long Parked)>> GetLagsAsync(CancellationToken cancellationToken)
    {
        var lags = new Dictionary<string, (long, long)>();
        foreach (var relay in _relays)
            lags[relay.Reader.Name] = await relay.GetLagAsync(null, cancellationToken);
        return lags;
    }

    /// <summary>Changes of a venue that this reader has not handled yet, parked ones included.</summary>
    public async Task<long> CountPendingAsync(string reader, string venueId, CancellationToken cancellationToken)
    {
        var (behind, parked) = await _relays.Single(r => r.Reader.Name == reader).GetLagAsync(venueId, cancellationToken);
        return behind + parked;
    }

    /// <summary>Returns when every reader, on whatever host, has handled all that was published before the call.</summary>
    public async Task WaitUntilIdleAsync(CancellationToken cancellationToken)
    {
        foreach (var relay in _relays)
        {
            using var progress = _signal.Listen(relay.ProgressSignal);
            while ((await relay.GetLagAsync(null, cancellationToken)).Behind > 0)
                await progress.WaitAsync(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
    }

    private async Task UpdateLagsAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                foreach (var (reader, lag) in await GetLagsAsync(cancellationToken))
                    lock (_lags)
                        _lags[reader] = lag;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The gauges keep their last value while the database is away; /health/ready tells that it is.
            }
            await _time.DelayAsync(TimeSpan.FromSeconds(10), cancellationToken);
        }
    }

    private Measurement<long>[] Measure(Func<(long Behind, long Parked), long> value)
    {
        lock (_lags)
            return _lags.Select(l => new Measurement<long>(value(l.Value), new KeyValuePair<string, object?>("reader", l.Key))).ToArray();
    }
}

public static class FeedSetup
{
    /// <param name="services">The host's.</param>
    /// <param name="runRelays">False on a host that leaves the readers to others.</param>
    public static IServiceCollection AddFeed(this IServiceCollection services, bool runRelays = true)
    {
        services.AddSingleton<FeedSignal>();
        services.AddSingleton<FeedTail>();
        services.AddScoped<AfterCommitActions>();
        services.AddHostedService<FeedListener>();
        services.AddSingleton<FeedRelays>();
        return runRelays ? services.AddHostedService(s => s.GetRequiredService<FeedRelays>()) : services;
    }
}
