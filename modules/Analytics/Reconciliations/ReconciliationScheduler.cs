using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Analytics.Reconciliations;

/// <summary>Requests the reconciliations that come by themselves and hands those that are due to workers. A lease lets one host at a time
/// work on a connection.</summary>
internal sealed partial class ReconciliationScheduler(
    NpgsqlDataSource database,
    ReconciliationRequests requests,
    Reconciler reconciler,
    ReconciliationSignal signal,
    AnalyticsSettings settings,
    IClock clock,
    TimeProvider time,
    ILogger<ReconciliationScheduler> log
) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly Duration RequestInterval = Duration.FromMinutes(1);
    private const int MaxConcurrentConnections = 4;

    private readonly ConcurrentDictionary<Guid, Task> _activeWorkers = new();
    private Instant _nextRequestAt = Instant.MinValue;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!settings.Reconciles)
            return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RequestAsync(stoppingToken);
                await ClaimAsync(stoppingToken);
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

    private async Task RequestAsync(CancellationToken cancellationToken)
    {
        var now = clock.Now();
        if (now < _nextRequestAt)
            return;
        await requests.RequestDueAsync(cancellationToken);
        _nextRequestAt = now + RequestInterval;
    }

    private async Task ClaimAsync(CancellationToken cancellationToken)
    {
        while (_activeWorkers.Count < MaxConcurrentConnections)
        {
            // Each worker owns its lease itself, so that no two workers of this host share a connection.
            var owner = Guid.NewGuid();
            if (await ReconciliationSql.ClaimAsync(database, owner, clock.Now(), cancellationToken) is not { } connectionId)
                return;
            _activeWorkers[owner] = Task.Run(() => WorkAsync(connectionId, owner, cancellationToken), CancellationToken.None);
        }
    }

    private async Task WorkAsync(Guid connectionId, Guid owner, CancellationToken cancellationToken)
    {
        try
        {
            await reconciler.WorkAsync(connectionId, owner, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogInterrupted(log, connectionId, e.IsTransient() ? e.Message : e.ToString());
            await time.DelayAsync(PollInterval, cancellationToken); // the database may be unavailable, so the run does not continue at once
        }
        catch (OperationCanceledException)
        {
            // The host stops, or another one has taken over. The run continues where it was.
        }
        finally
        {
            _activeWorkers.TryRemove(owner, out _);
            signal.Set();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Due reconciliations could not be started; the scheduler tries again in a second: {Reason}")]
    private static partial void LogRoundFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "A reconciliation of connection {Connection} was interrupted and is taken up again: {Reason}")]
    private static partial void LogInterrupted(ILogger log, Guid connection, string reason);
}
