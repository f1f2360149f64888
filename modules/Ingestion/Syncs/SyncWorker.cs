using System.Globalization;
using System.Runtime.ExceptionServices;
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

/// <summary>Works on one connection's runs, page by page. A page's rows and the position after it are one commit. A fault of the provider
/// parks the run, and it goes on later from that position; no fault ends a run for good. Whatever else goes wrong with a page parks the run
/// too, so that it is tried again after growing pauses and not at once.</summary>
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
    private static readonly Duration MaxPagesPause = Duration.FromDays(1);
    private const int MaxRewinds = 5;

    /// <summary>Works on all open runs of a connection. The caller holds the connection's lease; it is released at the end.</summary>
    public async Task WorkAsync(Guid connectionId, Guid owner, CancellationToken cancellationToken)
    {
        using var leaseLost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewal = RenewLeaseAsync(connectionId, owner, leaseLost);
        try
        {
            await using var writer = writers();
            while (await FindNextRunAsync(connectionId, leaseLost.Token) is { } run)
                await RunOrParkAsync(writer, run, owner, leaseLost.Token);
        }
        finally
        {
            await leaseLost.CancelAsync();
            await renewal;
            await SyncSql.ReleaseLeaseAsync(database, connectionId, owner, CancellationToken.None);
        }
    }

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
                    && !await SyncSql.RenewLeaseAsync(database, connectionId, owner, clock.Now(), leaseLost.Token)
                )
                    await leaseLost.CancelAsync();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogLeaseRenewalFailed(log, connectionId, e.Message); // the page's own commit checks whether this host still holds the lease
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
        // A backfill comes last, because reading a long time span must not delay today's payments.
        return await db
            .SyncRuns.AsNoTracking()
            .Where(r =>
                r.ConnectionId == connectionId && (r.Status == SyncStatus.Running || r.Status == SyncStatus.Parked) && r.ResumeAt <= now
            )
            .OrderBy(r => r.Trigger == SyncTrigger.Backfill)
            .ThenBy(r => r.Id)
            .FirstOrDefaultAsync(cancellationToken);
    }

    private async Task RunOrParkAsync(BatchWriter writer, SyncRunRow run, Guid owner, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(writer, run, owner, cancellationToken);
        }
        // While the database is unavailable nothing can be parked either, and the next attempt comes a second later.
        catch (Exception e) when (e is not OperationCanceledException && !e.IsTransient())
        {
            LogBroken(log, e, run.Id);
            await ParkAsync(
                run,
                new ProviderFault(
                    new UserError(
                        ErrorCode.SyncFailed,
                        $"A page could not be processed ({e.GetType().Name}). The sync tries it again later; nothing is skipped."
                    )
                ),
                rewinds: 0,
                cancellationToken,
                isRecorded: false
            );
        }
    }

    private async Task RunAsync(BatchWriter writer, SyncRunRow run, Guid owner, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(run.ConnectionId, cancellationToken) is not { } details)
        {
            await EndRunAsync(run, SyncStatus.Canceled, null, cancellationToken);
            return;
        }
        var (streams, maxWindow, position, rewinds, pages) = (
            connections.Streams(details.Provider, run.ByCreation),
            connections.MaxQuerySpan(details.Provider),
            SyncPosition.Of(run),
            0,
            run.Pages
        );
        if (run.ParkedSince is { } since && clock.Now() - since >= OutageThreshold && !run.ByCreation)
            position = position.Recovering(clock.Now());
        // The next page is fetched while this one is written. It counts only once this page is committed.
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
                    if (position.FindRepetition(page) is { } repetition)
                    {
                        await ParkAsync(
                            run,
                            RepeatedBy(details, repetition),
                            rewinds: 0,
                            cancellationToken,
                            isRecorded: false,
                            restartsListing: true
                        );
                        return;
                    }
                    if (page.NextCursor is not null)
                        prefetch = FetchAsync(position.After(page, foundChanges: false, run.FromAt, maxWindow));
                    (position, var isNewerRunDue, var refusal) = await WritePageAsync(
                        writer,
                        details,
                        run,
                        position,
                        page,
                        maxWindow,
                        owner,
                        cancellationToken
                    );
                    if (refusal is not null)
                    {
                        await ParkAsync(run, refusal, rewinds: 0, cancellationToken);
                        return;
                    }
                    (rewinds, pages) = (0, pages + 1);
                    signal.RaiseProgress(run.VenueId);
                    // A backfill gives way to a run that has become due meanwhile.
                    if (isNewerRunDue && run.Trigger == SyncTrigger.Backfill)
                        return;
                    var maxPages = SyncPosition.MaxPages(streams.Count, run.FromAt, position.To);
                    if (pages % maxPages == 0 && !position.IsDone(streams.Count))
                    {
                        await ParkAsync(run, TooManyPages(pages, pages / maxPages), rewinds: 0, cancellationToken, isRecorded: false);
                        return;
                    }
                }
                else if (fetched.Fault!.CursorExpired && rewinds++ < MaxRewinds)
                    position = position.Rewound();
                else
                {
                    await ParkAsync(run, fetched.Fault, rewinds, cancellationToken);
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
        // A run by creation time does not see changes that happen while it runs, so the next run by change time begins at its start.
        await SyncSql.CompleteRunAsync(database, run, run.ByCreation ? run.StartedAt : position.To, clock.Now(), cancellationToken);
        signal.RaiseProgress(run.VenueId);
        if (position.Trigger == SyncTrigger.Recovery)
            await LogRecoveryAsync(run, cancellationToken);

        Task<ProviderResult<PosPage>> FetchAsync(SyncPosition at) =>
            connections.FetchPageAsync(run.ConnectionId, at.Request(streams, maxWindow), prefetchCancellation.Token);
    }

    // Writes the page and the run's progress in one commit. A row that the database refuses is skipped if its neighbours are stored; the
    // progress follows in a commit of its own then. If no row is stored, the table may have changed: the page is not passed, and the
    // refusal is returned.
    private async Task<(SyncPosition Next, bool IsNewerRunDue, ProviderFault? Refusal)> WritePageAsync(
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
        var items = BatchItem.Of(details, page.Observations, cause, run.Id.ToString()).Split();
        var (next, isNewerRunDue, isSaved) = (position, false, false);
        var (total, skipped) = (BatchResult.Empty, new List<SkippedItem>(page.SkippedItems));
        var outcomes = IsolatingWriter.WriteAsync(items, i => i.VenueId, WriteAsync, cancellationToken);
        await foreach (var outcome in outcomes)
        {
            if (outcome.Status == WriteStatus.Rejected)
                skipped.Add(new SkippedItem(KindOf(outcome.Item), $"{outcome.Item.Label}: {outcome.Reason}"));
            else if (outcome.Status == WriteStatus.Retry && !outcome.IsRefused)
                ExceptionDispatchInfo.Throw(outcome.Error!);
            else if (outcome.Status == WriteStatus.Retry)
                return (position, false, RefusedBy(outcome.Reason));
        }
        foreach (var what in skipped)
            LogSkipped(log, run.Id, what.Reason);
        if (!isSaved)
            await writer.WriteAsync([], cancellationToken, (connection, _, token) => SaveProgressAsync(connection, total, token));
        return (next, isNewerRunDue, null);

        async Task<BatchResult> WriteAsync(IReadOnlyList<BatchItem> part)
        {
            var isWholePage = part.Count == items.Count;
            var result = await writer.WriteAsync(part, cancellationToken, isWholePage ? SaveProgressAsync : null);
            isSaved |= isWholePage;
            total = total.Plus(result);
            return result;
        }

        async Task SaveProgressAsync(NpgsqlConnection connection, BatchResult result, CancellationToken token)
        {
            next = position.After(page with { SkippedItems = skipped }, result.Created + result.Updated > 0, run.FromAt, maxWindow);
            var fetched = page.Observations.Payments.Count + page.Observations.Refunds.Count;
            isNewerRunDue = await SyncSql.SaveProgressAsync(connection, run, owner, next, fetched, result, clock.Now(), token)
                ?? throw new OperationCanceledException("Another host holds the lease of this connection now.");
        }
    }

    private static SkippedKind KindOf(BatchItem item) =>
        item switch
        {
            { Refunds.Count: > 0 } => SkippedKind.Refund,
            { Payments.Count: > 0 } => SkippedKind.Payment,
            _ => SkippedKind.Order,
        };

    private static ProviderFault RepeatedBy(PosConnectionDetails details, string what) =>
        new(
            new UserError(
                ErrorCode.SyncFailed,
                $"{details.Provider} does not come to an end: {what}. The sync reads the list anew later; nothing is skipped."
            )
        );

    // A listing without an end may send new cursors and pages all the time. Each pause is twice as long as the one before.
    private static ProviderFault TooManyPages(int pages, int times) =>
        new(
            new UserError(
                ErrorCode.SyncFailed,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The run has read {pages:N0} pages, more than its time span should have. It goes on after a pause; nothing is skipped."
                )
            ),
            Duration.Min(MaxPagesPause, MaxRetryDelay * Math.Pow(2, Math.Min(times, 20) - 1))
        );

    private static ProviderFault RefusedBy(string reason) =>
        new(
            new UserError(
                ErrorCode.SyncFailed,
                $"The database refused every row of a page, so its tables may have changed ({reason}). "
                    + "The sync tries the same page again later; nothing is skipped."
            )
        );

    // A fault of a call is already recorded with the connection; what is found out later is not.
    private async Task ParkAsync(
        SyncRunRow run,
        ProviderFault fault,
        int rewinds,
        CancellationToken cancellationToken,
        bool isRecorded = true,
        bool restartsListing = false
    )
    {
        if (fault.IsDisconnected)
        {
            await EndRunAsync(run, SyncStatus.Canceled, fault.Error, cancellationToken);
            return;
        }
        var now = clock.Now();
        var pause = fault.RetryAfter ?? Duration.Min(MaxRetryDelay, FirstRetryDelay * Math.Pow(2, Math.Min(run.Faults, 10)));
        var error =
            rewinds > MaxRewinds
                ? new UserError(
                    ErrorCode.SyncFailed,
                    "The provider's page cursors expire as soon as they are issued. The sync goes on later by itself."
                )
                : fault.Error;
        // Whoever sees the parked run finds the reason with the connection too.
        if (!isRecorded)
            await connections.RecordFaultAsync(run.ConnectionId, error, cancellationToken);
        await SyncSql.ParkSqlAsync(database, run.Id, error, restartsListing, now + pause, now, cancellationToken);
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
        "After an outage connection {Connection} was synced from {From} to {To}: {Created} transactions were new, {Updated} had changed"
    )]
    private static partial void LogRecovered(ILogger log, Guid connection, Instant from, Instant to, int created, int updated);

    [LoggerMessage(LogLevel.Warning, "Sync run {Run} is parked for {Seconds} s and then continues at the same page: {Reason}")]
    private static partial void LogParked(ILogger log, Guid run, double seconds, string reason);

    [LoggerMessage(LogLevel.Error, "A page of sync run {Run} could not be processed; the run is parked")]
    private static partial void LogBroken(ILogger log, Exception error, Guid run);

    [LoggerMessage(LogLevel.Error, "Sync run {Run} skipped something on a page that could not be used: {What}")]
    private static partial void LogSkipped(ILogger log, Guid run, string what);

    [LoggerMessage(
        LogLevel.Warning,
        "The lease of connection {Connection} could not be renewed, so another host may take over its syncs: {Reason}"
    )]
    private static partial void LogLeaseRenewalFailed(ILogger log, Guid connection, string reason);
}
