using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Ingestion.Syncs;

/// <summary>What to sync.</summary>
internal sealed record SyncTransactionsInput
{
    /// <summary>Which venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>Only this till; all of the venue's when left out.</summary>
    [Id]
    public string? ConnectionId { get; init; }

    /// <summary>A span of the past, by the time of the sales; left out: what has changed since the last sync, 7 days back the first time.</summary>
    public Instant? From { get; init; }

    /// <summary>Its end, exclusive; now when left out. Only with from.</summary>
    public Instant? To { get; init; }
}

/// <summary>The runs, or what was wrong.</summary>
/// <param name="Runs">One for each till.</param>
/// <param name="Errors">Empty when it went well.</param>
internal sealed record SyncTransactionsPayload(IReadOnlyList<SyncRun> Runs, IReadOnlyList<UserError> Errors)
{
    public static SyncTransactionsPayload Failed(UserError error) => new([], [error]);
}

/// <summary>Reads the venue's tills now; answers as soon as the runs have started, or with the one that is under way already. Owner or HEAD_MODERATOR. Errors:
/// INVALID_INPUT; NOT_FOUND when no such till is connected.</summary>
internal sealed class SyncTransactions(
    NpgsqlDataSource database,
    IDbContextFactory<IngestionDb> dbFactory,
    IVenues venues,
    IPosConnections connections,
    SyncSignal signal,
    IClock clock
)
{
    private static readonly UserError ConnectionNotFound = new(
        ErrorCode.NotFound,
        "No such till is connected to this venue. List them with venue { posConnections { id status } }.",
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
        var venue = await venues.DemandAsync(input.VenueId, Right.StartSyncs, context.Caller(), cancellationToken);
        var now = clock.Now();
        if (input.From is null && input.To is not null)
            return SyncTransactionsPayload.Failed(
                UserError.Invalid("to needs from: a span of the past has both ends, or from alone.", "from")
            );
        var to = input.To is { } end && end < now ? end : now;
        if (input.From >= to || input.From < MinFrom)
            return SyncTransactionsPayload.Failed(UserError.Invalid("from lies before to and in the past, not before 2009.", "from"));
        var chosen = (await connections.ListConnectedAsync(cancellationToken))
            .Select(t => t.Details)
            .Where(t => t.VenueId == venue.Id && (input.ConnectionId is null || t.ConnectionId.ToString() == input.ConnectionId))
            .ToArray();
        if (chosen.Length == 0)
            return SyncTransactionsPayload.Failed(ConnectionNotFound);

        await SyncSql.CreateStatesAsync(database, chosen, now, cancellationToken);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var runs = new List<SyncRun>();
        foreach (var till in chosen)
        {
            var syncedTo = await db
                .SyncStates.Where(p => p.ConnectionId == till.ConnectionId)
                .Select(p => p.SyncedTo)
                .SingleOrDefaultAsync(cancellationToken);
            var begun = input.From is { } from
                ? await SyncRunStarter.StartBackfillAsync(database, till, from, to, now, cancellationToken)
                : await SyncRunStarter.StartAsync(database, till, SyncTrigger.Manual, syncedTo, now, cancellationToken);
            if (!begun)
                await SyncSql.ResumeAsync(database, till.ConnectionId, now, cancellationToken);
            var (start, backfill) = (input.From, input.From is not null);
            var run = await db
                .SyncRuns.AsNoTracking()
                .Where(r =>
                    r.ConnectionId == till.ConnectionId
                    && (
                        backfill
                            ? r.Trigger == SyncTrigger.Backfill && r.FromAt == start && r.ToAt == to
                            : r.Trigger != SyncTrigger.Backfill
                    )
                )
                .OrderByDescending(r => r.Id)
                .FirstAsync(cancellationToken);
            runs.Add(new SyncRun(run, connections.Streams(till.Provider, run.ByCreation).Count));
        }
        signal.Set();
        signal.RaiseProgress(venue.Id);
        return new SyncTransactionsPayload(runs, []);
    }
}
