using System.Collections.Concurrent;
using Integrations.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Syncs;

/// <summary>Starts the syncs that are due and gives them to workers: one host at a time for each connection, by a lease. A new till is read 7 days back by the
/// time of its sales; after that, what has changed since; after an outage of hosts or database, or a reconnect, at once (RECOVERY).</summary>
internal sealed partial class SyncScheduler(
    NpgsqlDataSource database,
    ITills tills,
    SyncWorker worker,
    SyncBell bell,
    IngestionSettings settings,
    IClock clock,
    TimeProvider time,
    ILogger<SyncScheduler> log
) : BackgroundService
{
    /// <summary>Providers list what happened some seconds late, and their clocks are not ours.</summary>
    public static readonly Duration Overlap = Duration.FromMinutes(5);

    /// <summary>How far the first sync of a till reaches back.</summary>
    public static readonly Duration FirstSpan = Duration.FromDays(7);

    // Longer than the longest pause between two heartbeats of all hosts together.
    private static readonly Duration Outage = Duration.FromSeconds(30);
    private static readonly Duration Heartbeat = Duration.FromSeconds(5);
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private const int AtOnce = 8;

    private readonly Guid _host = Guid.NewGuid();
    private readonly ConcurrentDictionary<Guid, Task> _working = new();
    private readonly HashSet<(Guid, string)> _known = [];
    private Instant _aliveAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!settings.Syncs)
            return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                Stumbled(log, e.Message);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            await bell.WaitAsync(Poll, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(_working.Values);
    }

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        var connected = await tills.ConnectedAsync(cancellationToken);
        if (connected.Count == 0)
            return;
        var now = clock.Now();
        var unknown = connected.Select(t => t.Till).Where(t => !_known.Contains((t.ConnectionId, t.VenueId))).ToArray();
        if (unknown.Length > 0)
        {
            await SyncSql.OpenAsync(database, unknown, now, cancellationToken);
            _known.UnionWith(unknown.Select(t => (t.ConnectionId, t.VenueId)));
        }
        var polled = connected.Where(t => t.SyncEnabled).ToArray();
        var byId = polled.ToDictionary(t => t.Till.ConnectionId);
        foreach (var (connectionId, syncedTo, outage) in await SyncSql.DueAsync(database, polled, now, now - Outage, cancellationToken))
            await StartAsync(byId[connectionId], syncedTo, outage, now, cancellationToken);
        Guid[] ids = [.. connected.Select(t => t.Till.ConnectionId)];
        if (now - _aliveAt >= Heartbeat)
        {
            await SyncSql.AliveAsync(database, ids, now, cancellationToken);
            _aliveAt = now;
        }
        if (AtOnce - _working.Count is > 0 and var free)
            foreach (
                var connectionId in await SyncSql.ClaimAsync(
                    database,
                    [.. ids.Where(id => !_working.ContainsKey(id))],
                    _host,
                    free,
                    now,
                    cancellationToken
                )
            )
                _working[connectionId] = Task.Run(() => WorkAsync(connectionId, cancellationToken), CancellationToken.None);
    }

    private async Task StartAsync(PolledTill till, Instant? syncedTo, bool outage, Instant now, CancellationToken cancellationToken)
    {
        await SyncRuns.StartAsync(
            database,
            till.Till,
            outage ? SyncTrigger.Recovery : SyncTrigger.Scheduled,
            syncedTo,
            now,
            cancellationToken
        );
        await SyncSql.NextAsync(database, till.Till.ConnectionId, now + Spread(till), now, cancellationToken);
        bell.Moved(till.Till.VenueId);
    }

    // Within a tenth of the interval, each till at its own point: they must not all ask at the full minute.
    private static Duration Spread(PolledTill till) =>
        till.SyncInterval * (0.9 + 0.1 * (BitConverter.ToUInt16(till.Till.ConnectionId.ToByteArray(), 14) / 65_536.0));

    private async Task WorkAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        try
        {
            await worker.WorkAsync(connectionId, _host, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Interrupted(log, connectionId, e.IsTransient() ? e.Message : e.ToString());
            await time.DelayAsync(Poll, cancellationToken); // the database is away: not at once again
        }
        catch (OperationCanceledException)
        {
            // The host stops, or another one has taken over: it goes on at the same page.
        }
        finally
        {
            _working.TryRemove(connectionId, out _);
            bell.Ask();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Syncs could not be looked after just now: {Reason}")]
    private static partial void Stumbled(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "A sync of connection {Connection} was interrupted and goes on at the same page: {Reason}")]
    private static partial void Interrupted(ILogger log, Guid connection, string reason);
}
