using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Ingestion.Syncs;

/// <summary>Works on one connection's runs, page by page: a page, what it brought and the place to go on from are one commit. Whatever the provider does wrong
/// parks the run, which goes on later from there; it never ends for good.</summary>
internal sealed partial class SyncWorker(
    NpgsqlDataSource database,
    IDbContextFactory<IngestionDb> dbFactory,
    IPosConnections connections,
    Func<BatchWriter> writers,
    SyncSignal signal,
    IClock clock,
    TimeProvider time,
    ILogger<SyncWorker> log
)
{
    private static readonly Duration FirstRetryDelay = Duration.FromSeconds(15);
    private static readonly Duration MaxRetryDelay = Duration.FromMinutes(15);
    private static readonly Duration OutageThreshold = Duration.FromMinutes(1);
    private static readonly TimeSpan LeaseRenewalInterval = TimeSpan.FromSeconds(8);
    private const int MaxRewinds = 5;

    /// <summary>Everything that is to be done for a connection now; the caller holds its lease, which is given back at the end.</summary>
    public async Task WorkAsync(Guid connectionId, Guid owner, CancellationToken cancellationToken)
    {
        using var leaseLost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewal = RenewLeaseAsync(connectionId, owner, leaseLost);
        try
        {
            await using var writer = writers();
            while (await FindNextRunAsync(connectionId, leaseLost.Token) is { } run)
                await RunAsync(writer, run, owner, leaseLost.Token);
        }
        finally
        {
            await leaseLost.CancelAsync();
            await renewal;
            await SyncSql.ReleaseLeaseAsync(database, connectionId, owner, CancellationToken.None);
        }
    }

    // A call to a provider may take longer than the lease.
    private async Task RenewLeaseAsync(Guid connectionId, Guid owner, CancellationTokenSource leaseLost)
    {
        while (!leaseLost.IsCancellationRequested)
        {
            await time.DelayAsync(LeaseRenewalInterval, leaseLost.Token);
            try
            {
                if (
                    !leaseLost.IsCancellationRequested
                    && !await SyncSql.RenewLeaseAsync(database, connectionId, owner, clock.Now(), leaseLost.Token)
                )
                    await leaseLost.CancelAsync();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogLeaseRenewalFailed(log, connectionId, e.Message); // the page's own commit tells whether the lease is still ours
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<SyncRunRow?> FindNextRunAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var now = clock.Now();
        // What is new first: a long span of the past must not hold up tonight.
        return await db
            .SyncRuns.AsNoTracking()
            .Where(r =>
                r.ConnectionId == connectionId && (r.Status == SyncStatus.Running || r.Status == SyncStatus.Parked) && r.ResumeAt <= now
            )
            .OrderBy(r => r.Trigger == SyncTrigger.Backfill)
            .ThenBy(r => r.Id)
            .FirstOrDefaultAsync(cancellationToken);
    }

    private async Task RunAsync(BatchWriter writer, SyncRunRow run, Guid owner, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(run.ConnectionId, cancellationToken) is not { } details)
        {
            await EndRunAsync(run, SyncStatus.Canceled, null, cancellationToken);
            return;
        }
        var (streams, maxWindow, position, rewinds) = (
            connections.Streams(details.Provider, run.ByCreation),
            connections.MaxQuerySpan(details.Provider),
            SyncPosition.Of(run),
            0
        );
        if (run.ParkedSince is { } since && clock.Now() - since >= OutageThreshold && !run.ByCreation)
            position = position.Recovering(clock.Now());
        // One page ahead: the next one is on its way while this one is written. Nothing counts before its page is committed.
        using var prefetchCancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ProviderResult<PosPage>>? prefetch = null;
        try
        {
            while (!position.IsDone(streams.Count))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var fetched = await (prefetch ?? FetchAsync(position));
                prefetch = null;
                if (fetched.Value is { } page)
                {
                    if (page.NextCursor is not null)
                        prefetch = FetchAsync(position.After(page, foundChanges: false, run.FromAt, maxWindow));
                    (position, var newer) = await WritePageAsync(writer, details, run, position, page, maxWindow, owner, cancellationToken);
                    rewinds = 0;
                    signal.RaiseProgress(run.VenueId);
                    // A backfill makes room for what has become due since.
                    if (newer && run.Trigger == SyncTrigger.Backfill)
                        return;
                }
                else if (fetched.Fault!.CursorExpired && rewinds++ < MaxRewinds)
                    position = position.Rewound();
                else
                {
                    await ParkAsync(run, position, fetched.Fault, rewinds, cancellationToken);
                    return;
                }
            }
        }
        finally
        {
            await prefetchCancellation.CancelAsync();
            if (prefetch is not null)
                await ((Task)prefetch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // The next one by change begins where this one began to look, if it looked by creation: what changed meanwhile is in none of its pages.
        await SyncSql.CompleteRunAsync(database, run, run.ByCreation ? run.StartedAt : position.To, clock.Now(), cancellationToken);
        signal.RaiseProgress(run.VenueId);
        if (position.Trigger == SyncTrigger.Recovery)
            await LogRecoveryAsync(run, cancellationToken);

        Task<ProviderResult<PosPage>> FetchAsync(SyncPosition at) =>
            connections.FetchPageAsync(run.ConnectionId, at.Request(streams, maxWindow), prefetchCancellation.Token);
    }

    private async Task<(SyncPosition Next, bool Newer)> WritePageAsync(
        BatchWriter writer,
        PosConnectionDetails details,
        SyncRunRow run,
        SyncPosition position,
        PosPage page,
        Duration maxWindow,
        Guid owner,
        CancellationToken cancellationToken
    )
    {
        var cause = position.Trigger == SyncTrigger.Recovery ? VersionCause.Recovery : VersionCause.Sync;
        var item = BatchItem.Of(details, page.Observations, cause, run.Id.ToString());
        var (next, newer) = (position, false);
        try
        {
            await writer.WriteAsync([item], cancellationToken, (connection, written, token) => MoveAsync(connection, written, page, token));
        }
        catch (Exception e) when (e.IsDataError() || e.IsIntegrityViolation())
        {
            // One of them cannot be saved: its neighbours are, and it is told.
            var (whole, refused) = (BatchResult.Empty, new List<string>());
            foreach (var part in item.Split())
            {
                try
                {
                    var one = await writer.WriteAsync([part], cancellationToken);
                    whole = whole with
                    {
                        Created = whole.Created + one.Created,
                        Updated = whole.Updated + one.Updated,
                        Unchanged = whole.Unchanged + one.Unchanged,
                    };
                }
                catch (Exception fault) when (fault.IsDataError() || fault.IsIntegrityViolation())
                {
                    refused.Add(
                        $"{part.Label}: {(fault is PostgresException p ? p.SqlState + " " + p.MessageText : fault.GetType().Name)}"
                    );
                }
            }
            LogSkipped(log, run.Id, string.Join("; ", refused));
            await writer.WriteAsync([], cancellationToken, (connection, _, token) =>
                MoveAsync(connection, whole, page with { SkippedItems = [.. page.SkippedItems, .. refused] }, token)
            );
        }
        foreach (var skipped in page.SkippedItems)
            LogSkipped(log, run.Id, skipped);
        return (next, newer);

        async Task MoveAsync(NpgsqlConnection connection, BatchResult written, PosPage told, CancellationToken token)
        {
            var now = clock.Now();
            next = position.After(told, written.Created + written.Updated > 0, run.FromAt, maxWindow);
            newer = await SyncSql.SaveProgressAsync(
                connection,
                run,
                owner,
                next,
                told.Observations.Payments.Count + told.Observations.Refunds.Count,
                written,
                now,
                token
            ) ?? throw new OperationCanceledException("Another host works on this till.");
        }
    }

    private async Task ParkAsync(
        SyncRunRow run,
        SyncPosition position,
        ProviderFault fault,
        int rewinds,
        CancellationToken cancellationToken
    )
    {
        if (fault.Error.Code == ErrorCode.NotFound)
        {
            await EndRunAsync(run, SyncStatus.Canceled, fault.Error, cancellationToken);
            return;
        }
        var now = clock.Now();
        var pause = fault.RetryAfter ?? Duration.Min(MaxRetryDelay, FirstRetryDelay * Math.Pow(2, Math.Min(run.Faults, 10)));
        var error =
            rewinds > MaxRewinds
                ? new UserError(ErrorCode.SyncFailed, "The provider lets its cursors expire at once. The sync goes on later.")
                : fault.Error;
        await SyncSql.ParkSqlAsync(database, run.Id, error, now + pause, now, cancellationToken);
        LogParked(log, run.Id, pause.TotalSeconds, error.Message);
        signal.RaiseProgress(run.VenueId);
    }

    private async Task EndRunAsync(SyncRunRow run, SyncStatus status, UserError? error, CancellationToken cancellationToken)
    {
        await SyncSql.EndRunAsync(database, run.Id, status, error, clock.Now(), cancellationToken);
        signal.RaiseProgress(run.VenueId);
    }

    private async Task LogRecoveryAsync(SyncRunRow run, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (await db.SyncRuns.AsNoTracking().SingleOrDefaultAsync(r => r.Id == run.Id, cancellationToken) is { } done)
            LogRecovered(log, run.ConnectionId, done.FromAt, done.ToAt, done.Created, done.Updated);
    }

    [LoggerMessage(
        LogLevel.Information,
        "After an outage the till of connection {Connection} was read from {From} to {To}: {Created} sales and refunds were new here, {Updated} had changed"
    )]
    private static partial void LogRecovered(ILogger log, Guid connection, Instant from, Instant to, int created, int updated);

    [LoggerMessage(LogLevel.Warning, "Sync {Run} is parked for {Seconds} s and then goes on from where it is: {Reason}")]
    private static partial void LogParked(ILogger log, Guid run, double seconds, string reason);

    [LoggerMessage(LogLevel.Error, "Sync {Run} could not use everything on a page: {What}")]
    private static partial void LogSkipped(ILogger log, Guid run, string what);

    [LoggerMessage(LogLevel.Warning, "The till of connection {Connection} may go to another host: {Reason}")]
    private static partial void LogLeaseRenewalFailed(ILogger log, Guid connection, string reason);
}
