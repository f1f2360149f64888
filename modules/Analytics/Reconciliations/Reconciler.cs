using System.Globalization;
using Analytics.Revenues;
using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Analytics.Reconciliations;

/// <summary>Works on the due reconciliations of one connection: compares the day, stores what differs, repairs it and compares once more.
/// Each step begins with what the step before has stored, so a run that was killed at any moment ends the same when it is taken up
/// again.</summary>
internal sealed partial class Reconciler(
    NpgsqlDataSource database,
    IDbContextFactory<AnalyticsDb> dbFactory,
    IProviderComparison comparison,
    RevenueRebuild rebuild,
    IVenues venues,
    ReconciliationSignal signal,
    IClock clock,
    TimeProvider time,
    ILogger<Reconciler> log
)
{
    private static readonly Duration FirstRetryDelay = Duration.FromMinutes(1);
    private static readonly Duration MaxRetryDelay = Duration.FromHours(1);
    private static readonly TimeSpan LeaseRenewalInterval = TimeSpan.FromSeconds(8);

    /// <summary>Works on all due reconciliations of a connection. The caller holds the connection's lease; it is released at the
    /// end.</summary>
    public async Task WorkAsync(Guid connectionId, Guid owner, CancellationToken cancellationToken)
    {
        using var leaseLost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewal = RenewLeaseAsync(connectionId, owner, leaseLost);
        try
        {
            while (await FindNextAsync(connectionId, leaseLost.Token) is { } row)
                await RunOrParkAsync(row, owner, leaseLost.Token);
        }
        finally
        {
            await leaseLost.CancelAsync();
            await renewal;
            await ReconciliationSql.ReleaseAsync(database, connectionId, owner, CancellationToken.None);
        }
    }

    private async Task<ReconciliationRow?> FindNextAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var now = clock.Now();
        return await db.Set<ReconciliationRow>()
            .AsNoTracking()
            .Where(r => r.DueAt <= now && r.ConnectionId == connectionId)
            .OrderBy(r => r.DueAt)
            .ThenByDescending(r => r.BusinessDate)
            .FirstOrDefaultAsync(cancellationToken);
    }

    private async Task RunOrParkAsync(ReconciliationRow row, Guid owner, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(row, owner, cancellationToken);
        }
        // While the database is unavailable nothing can be parked either, and the next attempt comes a second later.
        catch (Exception e) when (e is not OperationCanceledException && !e.IsTransient())
        {
            LogBroken(log, e, row.BusinessDate, row.ConnectionId);
            await ParkAsync(
                row,
                owner,
                new UserError(
                    ErrorCode.SyncFailed,
                    $"The day could not be compared ({e.GetType().Name}). It is compared again later by itself."
                ),
                clock.Now() + RetryDelay(row),
                cancellationToken
            );
        }
    }

    private async Task RunAsync(ReconciliationRow row, Guid owner, CancellationToken cancellationToken)
    {
        var key = KeyOf(row);
        await ReconciliationSql.StartAsync(database, key, owner, clock.Now(), cancellationToken);
        signal.RaiseProgress(row.VenueId);
        var venue = await venues.ReadAsync(row.VenueId, cancellationToken);
        var day = new DayToCompare(
            row.ConnectionId,
            row.BusinessDate,
            venue.StartOf(row.BusinessDate),
            venue.StartOf(row.BusinessDate.PlusDays(1)),
            RepairId: null
        );
        if (row.ComparedAt is null)
        {
            if (await CompareAsync(row, owner, day, cancellationToken) is not { } before)
                return;
            if (before.IsEqual)
                await rebuild.RunAsync(row.VenueId, day.From, day.To, cancellationToken);
            await SaveAsync(before, isBeforeRepair: true);
            if (before.IsEqual)
                return;
        }
        if (await CompareAsync(row, owner, day with { RepairId = row.Id.ToString() }, cancellationToken) is not { } after)
            return;
        await rebuild.RunAsync(row.VenueId, day.From, day.To, cancellationToken);
        await LinkAsync(key, cancellationToken);
        await SaveAsync(after, isBeforeRepair: false);

        async Task SaveAsync(ComparedDay compared, bool isBeforeRepair)
        {
            var reason = compared.IsEqual || isBeforeRepair ? null : StillDiffers(compared);
            await ReconciliationSql.SaveAsync(database, key, owner, compared, isBeforeRepair, reason, clock.Now(), cancellationToken);
            signal.RaiseProgress(row.VenueId);
        }
    }

    private async Task LinkAsync(ReconciliationKey key, CancellationToken cancellationToken)
    {
        var ids = await ReconciliationSql.SelectUnlinkedAsync(database, key, cancellationToken);
        if (ids.Count > 0)
            await ReconciliationSql.LinkAsync(
                database,
                key,
                await comparison.FindTransactionsAsync(key.ConnectionId, ids, cancellationToken),
                cancellationToken
            );
    }

    // Null when the provider could not be asked; the run is parked then.
    private async Task<ComparedDay?> CompareAsync(ReconciliationRow row, Guid owner, DayToCompare day, CancellationToken cancellationToken)
    {
        var compared = await comparison.CompareAsync(day, cancellationToken);
        if (compared.Fault is { } fault)
            await ParkAsync(
                row,
                owner,
                fault.Error,
                fault.IsDisconnected ? null : clock.Now() + Duration.Max(fault.RetryAfter ?? Duration.Zero, RetryDelay(row)),
                cancellationToken
            );
        return compared.Value;
    }

    private async Task ParkAsync(ReconciliationRow row, Guid owner, UserError reason, Instant? dueAt, CancellationToken cancellationToken)
    {
        await ReconciliationSql.ParkAsync(database, KeyOf(row), owner, reason, dueAt, clock.Now(), cancellationToken);
        LogParked(log, row.BusinessDate, row.ConnectionId, reason.Message);
        signal.RaiseProgress(row.VenueId);
    }

    private static Duration RetryDelay(ReconciliationRow row) =>
        Duration.Min(MaxRetryDelay, FirstRetryDelay * Math.Pow(2, Math.Min(row.Faults, 10)));

    private static ReconciliationKey KeyOf(ReconciliationRow row) => new(row.VenueId, row.BusinessDate, row.ConnectionId);

    private static UserError StillDiffers(ComparedDay compared) =>
        new(
            ErrorCode.Conflict,
            compared.Differences.Count == 0
                ? "The sums still differ, although no payment does. Run reconcileDay again."
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{compared.Differences.Count:N0} payments or refunds still differ after the repair. The detail of each says what was "
                        + $"asked and answered."
                )
        );

    // One call to a provider may take longer than the lease lasts.
    private async Task RenewLeaseAsync(Guid connectionId, Guid owner, CancellationTokenSource leaseLost)
    {
        while (!leaseLost.IsCancellationRequested)
        {
            await time.DelayAsync(LeaseRenewalInterval, leaseLost.Token);
            try
            {
                if (
                    !leaseLost.IsCancellationRequested
                    && !await ReconciliationSql.RenewAsync(database, connectionId, owner, clock.Now(), leaseLost.Token)
                )
                    await leaseLost.CancelAsync();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogLeaseRenewalFailed(log, connectionId, e.Message); // what is written later checks whether this host still holds the lease
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The reconciliation of {Date} with connection {Connection} is taken up again later: {Reason}")]
    private static partial void LogParked(ILogger log, LocalDate date, Guid connection, string reason);

    [LoggerMessage(LogLevel.Error, "{Date} could not be compared with connection {Connection}; it is taken up again later")]
    private static partial void LogBroken(ILogger log, Exception error, LocalDate date, Guid connection);

    [LoggerMessage(
        LogLevel.Warning,
        "The lease of connection {Connection} could not be renewed, so another host may take over its reconciliations: {Reason}"
    )]
    private static partial void LogLeaseRenewalFailed(ILogger log, Guid connection, string reason);
}
