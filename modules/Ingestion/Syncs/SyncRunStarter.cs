using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Time;

namespace Ingestion.Syncs;

/// <summary>Starts runs.</summary>
internal static class SyncRunStarter
{
    /// <summary>Starts a run up to now. A connection's first run reads by creation time; later ones read by the time of change, from the
    /// end of the last run with an overlap. Nothing is started while such a run is open.</summary>
    public static Task<bool> StartAsync(
        NpgsqlDataSource database,
        PosConnectionDetails connection,
        SyncTrigger trigger,
        Instant? syncedTo,
        Instant now,
        CancellationToken cancellationToken
    ) =>
        syncedTo is { } since
            ? SyncSql.InsertRunAsync(
                database,
                now.NewId(),
                connection,
                trigger,
                byCreation: false,
                Instant.Min(since, now) - SyncScheduler.Overlap,
                now,
                now,
                cancellationToken
            )
            : SyncSql.InsertRunAsync(
                database,
                now.NewId(),
                connection,
                trigger,
                byCreation: true,
                now - SyncScheduler.FirstSyncSpan,
                now,
                now,
                cancellationToken
            );

    /// <summary>Starts a run over a time span in the past, by creation time.</summary>
    public static Task<bool> StartBackfillAsync(
        NpgsqlDataSource database,
        PosConnectionDetails connection,
        Instant from,
        Instant to,
        Instant now,
        CancellationToken cancellationToken
    ) =>
        SyncSql.InsertRunAsync(database, now.NewId(), connection, SyncTrigger.Backfill, byCreation: true, from, to, now, cancellationToken);
}
