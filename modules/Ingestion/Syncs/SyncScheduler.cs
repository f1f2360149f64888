using System.Collections.Concurrent;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Syncs;

/// <summary>Starts the syncs that are due and hands them to workers. A lease lets one host at a time work on a connection. A new connection
/// is synced 7 days back by creation time, and after that by the time of change. After an outage of the hosts or the database, or a
/// reconnect, a sync starts at once (RECOVERY).</summary>
internal sealed partial class SyncScheduler(
    NpgsqlDataSource database,
    IPosConnections connections,
    SyncWorker worker,
    SyncSignal signal,
    IngestionSettings settings,
    IClock clock,
    TimeProvider time,
    ILogger<SyncScheduler> log
) : BackgroundService
{
    /// <summary>How far a run overlaps with the last one, because providers list changes some seconds late and their clocks differ from
    /// ours.</summary>
    public static readonly Duration Overlap = Duration.FromMinutes(5);

    /// <summary>How far the first sync of a connection reaches back.</summary>
    public static readonly Duration FirstSyncSpan = Duration.FromDays(7);

    // Longer than any time between two heartbeats while at least one host is running.
    private static readonly Duration OutageThreshold = Duration.FromSeconds(30);
    private static readonly Duration HeartbeatInterval = Duration.FromSeconds(5);
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private const int MaxConcurrentConnections = 8;

    private readonly Guid _hostId = Guid.NewGuid();
    private readonly ConcurrentDictionary<Guid, Task> _activeWorkers = new();
    private readonly HashSet<(Guid, string)> _connectionsWithState = [];
    private Instant _lastHeartbeatAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!settings.RunsSyncs)
            return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ScheduleDueAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                LogRoundFailed(log, e.Message);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            await ((Task)signal.WaitAsync(PollInterval, time, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(_activeWorkers.Values);
    }

    private async Task ScheduleDueAsync(CancellationToken cancellationToken)
    {
        var connected = await connections.ListConnectedAsync(cancellationToken);
        if (connected.Count == 0)
            return;
        var now = clock.Now();
        var unknown = connected.Select(t => t.Details).Where(t => !_connectionsWithState.Contains((t.ConnectionId, t.VenueId))).ToArray();
        if (unknown.Length > 0)
        {
            await SyncSql.CreateStatesAsync(database, unknown, now, cancellationToken);
            _connectionsWithState.UnionWith(unknown.Select(t => (t.ConnectionId, t.VenueId)));
        }
        var polled = connected.Where(t => t.SyncEnabled).ToArray();
        var byId = polled.ToDictionary(t => t.Details.ConnectionId);
        foreach (
            var (connectionId, syncedTo, outage) in await SyncSql.SelectDueAsync(
                database,
                polled,
                now,
                now - OutageThreshold,
                cancellationToken
            )
        )
            await StartAsync(byId[connectionId], syncedTo, outage, now, cancellationToken);
        Guid[] ids = [.. connected.Select(t => t.Details.ConnectionId)];
        if (now - _lastHeartbeatAt >= HeartbeatInterval)
        {
            await SyncSql.MarkAliveAsync(database, ids, now, cancellationToken);
            _lastHeartbeatAt = now;
        }
        if (MaxConcurrentConnections - _activeWorkers.Count is > 0 and var free)
            foreach (
                var connectionId in await SyncSql.ClaimSqlAsync(
                    database,
                    [.. ids.Where(id => !_activeWorkers.ContainsKey(id))],
                    _hostId,
                    free,
                    now,
                    cancellationToken
                )
            )
                _activeWorkers[connectionId] = Task.Run(() => WorkAsync(connectionId, cancellationToken), CancellationToken.None);
    }

    private async Task StartAsync(
        PosConnectionSchedule schedule,
        Instant? syncedTo,
        bool outage,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await SyncRunStarter.StartAsync(
            database,
            schedule.Details,
            outage ? SyncTrigger.Recovery : SyncTrigger.Scheduled,
            syncedTo,
            now,
            cancellationToken
        );
        await SyncSql.ScheduleNextAsync(database, schedule.Details.ConnectionId, now + StaggeredInterval(schedule), now, cancellationToken);
        signal.RaiseProgress(schedule.Details.VenueId);
    }

    // Each connection has its own point within a tenth of the interval, so that they do not all call their provider at the same moment.
    private static Duration StaggeredInterval(PosConnectionSchedule schedule) =>
        schedule.SyncInterval * (0.9 + 0.1 * (BitConverter.ToUInt16(schedule.Details.ConnectionId.ToByteArray(), 14) / 65_536.0));

    private async Task WorkAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        try
        {
            await worker.WorkAsync(connectionId, _hostId, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogInterrupted(log, connectionId, e.IsTransient() ? e.Message : e.ToString());
            await time.DelayAsync(PollInterval, cancellationToken); // the database may be unavailable, so the run does not continue at once
        }
        catch (OperationCanceledException)
        {
            // The host stops, or another one has taken over. The run continues at the same page.
        }
        finally
        {
            _activeWorkers.TryRemove(connectionId, out _);
            signal.Set();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Due syncs could not be started; the scheduler tries again in a second: {Reason}")]
    private static partial void LogRoundFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "A sync of connection {Connection} was interrupted and continues at the same page: {Reason}")]
    private static partial void LogInterrupted(ILogger log, Guid connection, string reason);
}
