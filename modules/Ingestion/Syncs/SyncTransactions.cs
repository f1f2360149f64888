using GraphQL;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Ingestion.Syncs;

/// <summary>What to sync.</summary>
internal sealed record SyncTransactionsInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The connection to sync; all connections of the venue if omitted.</summary>
    [Id]
    public string? ConnectionId { get; init; }

    /// <summary>The start of a time span in the past, by the payments' creation time. If omitted, the sync reads what has changed since the
    /// last sync, or the last 7 days the first time.</summary>
    public Instant? From { get; init; }

    /// <summary>The end of the time span, exclusive; now if omitted. Allowed only together with from.</summary>
    public Instant? To { get; init; }
}

/// <summary>The result of requesting a sync.</summary>
/// <param name="Runs">The runs, one for each connection.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record SyncTransactionsPayload(IReadOnlyList<SyncRun> Runs, IReadOnlyList<UserError> Errors)
{
    public static SyncTransactionsPayload Failed(UserError error) => new([], [error]);
}

/// <summary>Syncs the venue's connections now. Returns as soon as the runs have started; a run that is already in progress is returned
/// instead of a second one. The request is recorded in the audit log. For owners of the venue and HEAD_MODERATOR. Errors: INVALID_INPUT,
/// also for a connection of another venue; NOT_FOUND when no such connection exists.</summary>
internal sealed class SyncTransactions(
    NpgsqlDataSource database,
    IDbContextFactory<IngestionDb> dbFactory,
    IVenues venues,
    IPosConnections connections,
    IAuditLog auditLog,
    SyncSignal signal,
    IClock clock
)
{
    private static readonly UserError ConnectionNotFound = new(
        ErrorCode.NotFound,
        "The venue has no such connection. List them with venue { posConnections { id status } }.",
        "connectionId"
    );
    private static readonly Instant MinFrom = Instant.FromUtc(2009, 1, 1, 0, 0);

    /// <param name="input">What to sync.</param>
    public async Task<SyncTransactionsPayload> HandleAsync(
        SyncTransactionsInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.StartSyncs, caller, cancellationToken);
        var now = clock.Now();
        if (input.From is null && input.To is not null)
            return SyncTransactionsPayload.Failed(
                UserError.Invalid("to is allowed only together with from. Pass both, or from alone.", "from")
            );
        var to = input.To is { } end && end < now ? end : now;
        if (input.From >= to || input.From < MinFrom)
            return SyncTransactionsPayload.Failed(UserError.Invalid("from must be before to, in the past and not before 2009.", "from"));
        if (await connections.IsOfAnotherVenueAsync(input.ConnectionId, venue, venues, caller, cancellationToken))
            return SyncTransactionsPayload.Failed(
                UserError.Invalid(
                    "This connection belongs to another venue. Pass its own venueId, or a connection of this venue.",
                    "connectionId"
                )
            );
        var chosen = (await connections.ListConnectedAsync(cancellationToken))
            .Select(t => t.Details)
            .Where(t => t.VenueId == venue.Id && (input.ConnectionId is null || t.ConnectionId.ToString() == input.ConnectionId))
            .ToArray();
        if (chosen.Length == 0)
            return SyncTransactionsPayload.Failed(ConnectionNotFound);

        // The entry comes first, so no run starts without one.
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
            foreach (var target in chosen)
                await auditLog.RecordAsync(
                    connection,
                    caller,
                    venue.Id,
                    "syncTransactions",
                    target.ConnectionId.ToString(),
                    input.From is { } earliest
                        ? $"from {InstantPattern.ExtendedIso.Format(earliest)} to {InstantPattern.ExtendedIso.Format(to)}"
                        : "what has changed since the last sync",
                    cancellationToken
                );
        await SyncSql.CreateStatesAsync(database, chosen, now, cancellationToken);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var runs = new List<SyncRun>();
        foreach (var connection in chosen)
        {
            var syncedTo = await db
                .SyncStates.Where(p => p.ConnectionId == connection.ConnectionId)
                .Select(p => p.SyncedTo)
                .SingleOrDefaultAsync(cancellationToken);
            var begun = input.From is { } from
                ? await SyncRunStarter.StartBackfillAsync(database, connection, from, to, now, cancellationToken)
                : await SyncRunStarter.StartAsync(database, connection, SyncTrigger.Manual, syncedTo, now, cancellationToken);
            if (!begun)
                await SyncSql.ResumeAsync(database, connection.ConnectionId, now, cancellationToken);
            var (start, backfill) = (input.From, input.From is not null);
            var run = await db
                .SyncRuns.AsNoTracking()
                .Where(r =>
                    r.ConnectionId == connection.ConnectionId
                    && (
                        backfill
                            ? r.Trigger == SyncTrigger.Backfill && r.FromAt == start && r.ToAt == to
                            : r.Trigger != SyncTrigger.Backfill
                    )
                )
                .OrderByDescending(r => r.Id)
                .FirstAsync(cancellationToken);
            runs.Add(new SyncRun(run, connections.Streams(connection.Provider, run.ByCreation).Count));
        }
        signal.Set();
        signal.RaiseProgress(venue.Id);
        return new SyncTransactionsPayload(runs, []);
    }
}
