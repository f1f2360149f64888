using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts;
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
    IDbContextFactory<IngestionDb> dbs,
    ITills tills,
    Func<BatchWriter> writers,
    SyncBell bell,
    IClock clock,
    TimeProvider time,
    ILogger<SyncWorker> log
)
{
    private static readonly Duration FirstPause = Duration.FromSeconds(15);
    private static readonly Duration LongestPause = Duration.FromMinutes(15);
    private static readonly Duration Outage = Duration.FromMinutes(1);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(8);
    private const int MostRewinds = 5;

    /// <summary>Everything that is to be done for a connection now; the caller holds its lease, which is given back at the end.</summary>
    public async Task WorkAsync(Guid connectionId, Guid owner, CancellationToken cancellationToken)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var beating = KeepAsync(connectionId, owner, lost);
        try
        {
            await using var writer = writers();
            while (await NextAsync(connectionId, lost.Token) is { } run)
                await RunAsync(writer, run, owner, lost.Token);
        }
        finally
        {
            await lost.CancelAsync();
            await beating;
            await SyncSql.ReleaseAsync(database, connectionId, owner, CancellationToken.None);
        }
    }

    // A call to a provider may take longer than the lease.
    private async Task KeepAsync(Guid connectionId, Guid owner, CancellationTokenSource lost)
    {
        while (!lost.IsCancellationRequested)
        {
            await time.DelayAsync(Heartbeat, lost.Token);
            try
            {
                if (!lost.IsCancellationRequested && !await SyncSql.KeepAsync(database, connectionId, owner, clock.Now(), lost.Token))
                    await lost.CancelAsync();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Stumbled(log, connectionId, e.Message); // the page's own commit tells whether the lease is still ours
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<SyncRunRow?> NextAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
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
        if (await tills.FindAsync(run.ConnectionId, cancellationToken) is not { } till)
        {
            await EndAsync(run, SyncStatus.Canceled, null, cancellationToken);
            return;
        }
        var (streams, longest, step, rewinds) = (
            tills.Streams(till.Provider, run.ByCreation),
            tills.LongestSpan(till.Provider),
            SyncStep.Of(run),
            0
        );
        if (run.ParkedSince is { } since && clock.Now() - since >= Outage && !run.ByCreation)
            step = step.Recovering(clock.Now());
        // One page ahead: the next one is on its way while this one is written. Nothing counts before its page is committed.
        using var unwanted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<Fetched<PosPage>>? ahead = null;
        try
        {
            while (!step.IsDone(streams.Count))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var answer = await (ahead ?? FetchAsync(step));
                ahead = null;
                if (answer.Value is { } page)
                {
                    if (page.NextCursor is not null)
                        ahead = FetchAsync(step.After(page, news: false, run.FromAt, longest));
                    (step, var newer) = await WriteAsync(writer, till, run, step, page, longest, owner, cancellationToken);
                    rewinds = 0;
                    bell.Moved(run.VenueId);
                    // A backfill makes room for what has become due since.
                    if (newer && run.Trigger == SyncTrigger.Backfill)
                        return;
                }
                else if (answer.Fault!.CursorExpired && rewinds++ < MostRewinds)
                    step = step.Rewound();
                else
                {
                    await SetAsideAsync(run, step, answer.Fault, rewinds, cancellationToken);
                    return;
                }
            }
        }
        finally
        {
            await unwanted.CancelAsync();
            if (ahead is not null)
                await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // The next one by change begins where this one began to look, if it looked by creation: what changed meanwhile is in none of its pages.
        await SyncSql.CompleteAsync(database, run, run.ByCreation ? run.StartedAt : step.To, clock.Now(), cancellationToken);
        bell.Moved(run.VenueId);
        if (step.Trigger == SyncTrigger.Recovery)
            await TellAsync(run, cancellationToken);

        Task<Fetched<PosPage>> FetchAsync(SyncStep at) =>
            tills.FetchPageAsync(run.ConnectionId, at.Request(streams, longest), unwanted.Token);
    }

    private async Task<(SyncStep Next, bool Newer)> WriteAsync(
        BatchWriter writer,
        Till till,
        SyncRunRow run,
        SyncStep step,
        PosPage page,
        Duration longest,
        Guid owner,
        CancellationToken cancellationToken
    )
    {
        var cause = step.Trigger == SyncTrigger.Recovery ? Cause.Recovery : Cause.Sync;
        var intake = Intake.Of(till, page.Facts, cause, run.Id.ToString());
        var (next, newer) = (step, false);
        try
        {
            await writer.WriteAsync([intake], cancellationToken, (connection, written, token) =>
                MoveAsync(connection, written, page, token)
            );
        }
        catch (Exception e) when (e.IsDataError() || e.IsIntegrityViolation())
        {
            // One of them cannot be saved: its neighbours are, and it is told.
            var (whole, refused) = (Written.Nothing, new List<string>());
            foreach (var part in intake.Apart())
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
                    refused.Add($"{part.Name}: {(fault is PostgresException p ? p.SqlState + " " + p.MessageText : fault.GetType().Name)}");
                }
            }
            Unusable(log, run.Id, string.Join("; ", refused));
            await writer.WriteAsync([], cancellationToken, (connection, _, token) =>
                MoveAsync(connection, whole, page with { Skipped = [.. page.Skipped, .. refused] }, token)
            );
        }
        foreach (var skipped in page.Skipped)
            Unusable(log, run.Id, skipped);
        return (next, newer);

        async Task MoveAsync(NpgsqlConnection connection, Written written, PosPage told, CancellationToken token)
        {
            var now = clock.Now();
            next = step.After(told, written.Created + written.Updated > 0, run.FromAt, longest);
            newer = await SyncSql.ProgressAsync(
                connection,
                run,
                owner,
                next,
                told.Facts.Payments.Count + told.Facts.Refunds.Count,
                written,
                now,
                token
            ) ?? throw new OperationCanceledException("Another host works on this till.");
        }
    }

    private async Task SetAsideAsync(SyncRunRow run, SyncStep step, FetchFault fault, int rewinds, CancellationToken cancellationToken)
    {
        if (fault.Error.Code == ErrorCode.NotFound)
        {
            await EndAsync(run, SyncStatus.Canceled, fault.Error, cancellationToken);
            return;
        }
        var now = clock.Now();
        var pause = fault.RetryAfter ?? Duration.Min(LongestPause, FirstPause * Math.Pow(2, Math.Min(run.Faults, 10)));
        var error =
            rewinds > MostRewinds
                ? new UserError(ErrorCode.SyncFailed, "The provider lets its cursors expire at once. The sync goes on later.")
                : fault.Error;
        await SyncSql.ParkAsync(database, run.Id, error, now + pause, now, cancellationToken);
        Parked(log, run.Id, pause.TotalSeconds, error.Message);
        bell.Moved(run.VenueId);
    }

    private async Task EndAsync(SyncRunRow run, SyncStatus status, UserError? error, CancellationToken cancellationToken)
    {
        await SyncSql.EndAsync(database, run.Id, status, error, clock.Now(), cancellationToken);
        bell.Moved(run.VenueId);
    }

    private async Task TellAsync(SyncRunRow run, CancellationToken cancellationToken)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        if (await db.SyncRuns.AsNoTracking().SingleOrDefaultAsync(r => r.Id == run.Id, cancellationToken) is { } done)
            Recovered(log, run.ConnectionId, done.FromAt, done.ToAt, done.Created, done.Updated);
    }

    [LoggerMessage(
        LogLevel.Information,
        "After an outage the till of connection {Connection} was read from {From} to {To}: {Created} sales and refunds were new here, {Updated} had changed"
    )]
    private static partial void Recovered(ILogger log, Guid connection, Instant from, Instant to, int created, int updated);

    [LoggerMessage(LogLevel.Warning, "Sync {Run} is parked for {Seconds} s and then goes on from where it is: {Reason}")]
    private static partial void Parked(ILogger log, Guid run, double seconds, string reason);

    [LoggerMessage(LogLevel.Error, "Sync {Run} could not use everything on a page: {What}")]
    private static partial void Unusable(ILogger log, Guid run, string what);

    [LoggerMessage(LogLevel.Warning, "The till of connection {Connection} may go to another host: {Reason}")]
    private static partial void Stumbled(ILogger log, Guid connection, string reason);
}
