using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>Runs the relay of every registered reader and reports how far each of them has come.</summary>
public sealed class FeedRelays : BackgroundService
{
    /// <summary>Name of the meter with the gauges <c>pos.feed.behind</c> and <c>pos.feed.dead_letters</c>, each by reader, and
    /// <c>pos.live.subscribers</c> by feed.</summary>
    public const string MeterName = "PosModular.Feed";

    private readonly FeedRelay[] _relays;
    private readonly FeedSignal _signal;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, (long Behind, long DeadLetters)> _lags = [];

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
        meter.CreateObservableGauge(
            "pos.feed.behind",
            () => Measure(l => l.Behind),
            "{change}",
            "Changes that the reader has not reached yet."
        );
        meter.CreateObservableGauge(
            "pos.feed.dead_letters",
            () => Measure(l => l.DeadLetters),
            "{change}",
            "Changes whose handler failed and that wait for a retry."
        );
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll([.. _relays.Select(r => Task.Run(() => r.RunAsync(stoppingToken), stoppingToken)), UpdateLagsAsync(stoppingToken)]);

    /// <summary>Counts, by reader, the changes not reached yet and the dead letters.</summary>
    public async Task<IReadOnlyDictionary<string, (long Behind, long DeadLetters)>> GetLagsAsync(CancellationToken cancellationToken)
    {
        var lags = new Dictionary<string, (long, long)>();
        foreach (var relay in _relays)
            lags[relay.Reader.Name] = await relay.GetLagAsync(cancellationToken);
        return lags;
    }

    /// <summary>The changes that readers could not handle, by reader and venue.</summary>
    public async Task<IReadOnlyList<DeadLetterCount>> ListDeadLettersAsync(CancellationToken cancellationToken)
    {
        var counts = new List<DeadLetterCount>();
        foreach (var relay in _relays)
            counts.AddRange(await relay.ListDeadLettersAsync(cancellationToken));
        return counts;
    }

    /// <summary>A statement that returns a row for each venue: its id, and how many of its changes this reader has not handled yet, dead
    /// letters included.
    /// Put it into a batch before the statements that read what the reader keeps: a change that is handled in between is then counted as
    /// pending although it is included, rather than left out of both.</summary>
    public NpgsqlBatchCommand CountPending(string reader, string[] venueIds) =>
        _relays.Single(r => r.Reader.Name == reader).CountPending(venueIds);

    /// <summary>Makes a reader that follows chosen venues follow this one, from the end of its feed at this moment: whatever is committed
    /// afterwards is handed over. Nothing changes when it follows the venue already.</summary>
    /// <param name="reader">The reader's name.</param>
    /// <param name="connection">The connection, on which a transaction is open.</param>
    /// <param name="venueId">The venue.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    public Task FollowAsync(string reader, NpgsqlConnection connection, string venueId, CancellationToken cancellationToken) =>
        _relays.Single(r => r.Reader.Name == reader).FollowAsync(connection, venueId, cancellationToken);

    /// <summary>Ends what <see cref="FollowAsync"/> began.</summary>
    public Task UnfollowAsync(string reader, NpgsqlConnection connection, string venueId, CancellationToken cancellationToken) =>
        _relays.Single(r => r.Reader.Name == reader).UnfollowAsync(connection, venueId, cancellationToken);

    /// <summary>The name of the signal that this reader's relay raises on its host, for all venues, whenever it has handled
    /// changes.</summary>
    public string ProgressSignalOf(string reader) => _relays.Single(r => r.Reader.Name == reader).ProgressSignal;

    /// <summary>Returns when every reader, on whichever host, has passed all changes that were published before the call.</summary>
    public async Task WaitUntilIdleAsync(CancellationToken cancellationToken)
    {
        foreach (var relay in _relays)
        {
            using var progress = _signal.Listen(relay.ProgressSignal);
            while ((await relay.GetLagAsync(cancellationToken)).Behind > 0)
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
                // The gauges keep their last value while the database is unreachable, which /health/ready reports.
            }
            await _time.DelayAsync(TimeSpan.FromSeconds(10), cancellationToken);
        }
    }

    private Measurement<long>[] Measure(Func<(long Behind, long DeadLetters), long> value)
    {
        lock (_lags)
            return _lags.Select(l => new Measurement<long>(value(l.Value), new KeyValuePair<string, object?>("reader", l.Key))).ToArray();
    }
}

/// <summary>How many changes of a venue a reader could not handle.</summary>
/// <param name="Reader">The name of the reader.</param>
/// <param name="VenueId">The venue.</param>
/// <param name="Count">How many changes wait for a retry.</param>
/// <param name="FirstFailedAt">When the first of them failed.</param>
public sealed record DeadLetterCount(string Reader, string VenueId, long Count, Instant FirstFailedAt);

public static class FeedSetup
{
    /// <param name="services">The services of the host.</param>
    /// <param name="runRelays">False on a host that leaves the relays to other hosts.</param>
    public static IServiceCollection AddFeed(this IServiceCollection services, bool runRelays = true)
    {
        services.AddSingleton<FeedSignal>();
        services.AddSingleton<LiveSubscribers>();
        services.AddScoped<AfterCommitActions>();
        services.AddHostedService<FeedListener>();
        services.AddSingleton<FeedRelays>();
        return runRelays ? services.AddHostedService(s => s.GetRequiredService<FeedRelays>()) : services;
    }
}
