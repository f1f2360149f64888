using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Time;

namespace Ingestion.Syncs;

/// <summary>Begins runs.</summary>
internal static class SyncRunStarter
{
    /// <summary>A run up to now: the first one of a till by the time of its sales, later ones by the time of change from where the last one ended, with an
    /// overlap. Nothing is begun while one is open that comes to the same.</summary>
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

    /// <summary>A span of the past, by the time of the sales.</summary>
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
