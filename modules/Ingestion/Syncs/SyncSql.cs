using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;

namespace Ingestion.Syncs;

/// <summary>The statements of syncs: which host works on which connection, and how far each run is.</summary>
internal static class SyncSql
{
    /// <summary>How long a lease lasts. A host that does not renew it in time loses the connection to another host.</summary>
    public static readonly Duration LeaseTime = Duration.FromSeconds(30);

    private static readonly string OpenStatuses = $"({SyncStatus.Running:D}, {SyncStatus.Parked:D})";

    private static readonly string CreateStatesSql = $"""
        insert into ingestion.sync_states (connection_id, venue_id, next_sync_at, alive_at)
        select * from unnest($1::uuid[], $2::text[]) p(connection_id, venue_id),
          (values ($3::timestamptz, $3::timestamptz)) t(next_sync_at, alive_at)
        on conflict (connection_id) do update set venue_id = excluded.venue_id where sync_states.venue_id <> excluded.venue_id
        """;

    // After a gap without any host a connection is due at once. A run in progress covers the gap by itself.
    private static readonly string SelectDueSql = $"""
        select p.connection_id, p.synced_to, p.alive_at, p.alive_at < $3 and p.synced_to is not null as outage
        from unnest($1::uuid[], $4::double precision[]) c(id, seconds) join ingestion.sync_states p on p.connection_id = c.id
        where (p.next_sync_at <= $2 or p.last_sync_at + make_interval(secs => c.seconds * 1.2) <= $2
            or (p.alive_at < $3 and p.synced_to is not null))
          and not exists (select from ingestion.sync_runs r where r.connection_id = p.connection_id
            and r.status in {OpenStatuses} and r.trigger <> {SyncTrigger.Backfill:D})
        """;

    private static readonly string MarkAliveSql =
        "update ingestion.sync_states set alive_at = greatest(alive_at, $2) where connection_id = any($1) and alive_at < $2";

    private static readonly string InsertRunSql = $"""
        insert into ingestion.sync_runs (
          id, venue_id, connection_id, trigger, status, by_creation, from_at, to_at, stream, place, pass_pages, pass_found_changes,
          pages, fetched, created, updated, unchanged, started_at, updated_at, resume_at, faults)
        select $1, $2, $3, $4, {SyncStatus.Running:D}, $5, $6, $7, 0, $6, 0, false, 0, 0, 0, 0, 0, $8, $8, $8, 0
        where not exists (select from ingestion.sync_runs r where r.connection_id = $3 and r.status in {OpenStatuses}
          and case when $4 = {SyncTrigger.Backfill:D} then r.trigger = {SyncTrigger.Backfill:D} and r.from_at = $6 and r.to_at = $7
            else r.trigger <> {SyncTrigger.Backfill:D} end)
        """;

    private static readonly string ScheduleNextSql =
        "update ingestion.sync_states set next_sync_at = $2, alive_at = greatest(alive_at, $3) where connection_id = $1";

    // The row lock makes two hosts take turns; the lease keeps the other host away for as long as the work takes.
    private static readonly string ClaimSql = $"""
        with free as (
          select p.connection_id from ingestion.sync_states p
          where p.connection_id = any($1) and (p.lease_until is null or p.lease_until < $2 or p.lease_owner = $3)
            and exists (select from ingestion.sync_runs r where r.connection_id = p.connection_id
              and r.status in {OpenStatuses} and r.resume_at <= $2)
          order by p.next_sync_at limit $4 for update skip locked)
        update ingestion.sync_states p set lease_owner = $3, lease_until = $5 from free f
        where p.connection_id = f.connection_id returning p.connection_id
        """;

    private static readonly string RenewLeaseSql =
        "update ingestion.sync_states set lease_until = $3 where connection_id = $1 and lease_owner = $2 and lease_until > $4";

    private static readonly string ReleaseLeaseSql =
        "update ingestion.sync_states set lease_owner = null, lease_until = null where connection_id = $1 and lease_owner = $2";

    // Renews the lease and says whether a newer run is due, in one round trip for every page. Returns no row when another host holds the
    // lease.
    private static readonly string SaveProgressSql = $"""
        with kept as (
          update ingestion.sync_states set lease_until = $20
          where connection_id = $18 and lease_owner = $19 and lease_until > $17 returning connection_id)
        update ingestion.sync_runs u set
          status = {SyncStatus.Running:D}, trigger = $2, to_at = $3, stream = $4, place = $5, cursor = $6, reached = $7,
          pass_pages = $8, pass_found_changes = $9,
          pages = pages + $10, fetched = fetched + $11, created = created + $12, updated = updated + $13, unchanged = unchanged + $14,
          error_code = $15, error_message = $16, skipped = $21, seen_cursor = $22, seen_page = $23,
          parked_since = null, faults = 0, updated_at = $17
        from kept where u.id = $1
        returning exists (select from ingestion.sync_runs r where r.connection_id = u.connection_id and r.id <> u.id
          and r.status in {OpenStatuses} and r.trigger <> {SyncTrigger.Backfill:D} and r.resume_at <= $17)
        """;

    private static readonly string ParkSql = $"""
        update ingestion.sync_runs set
          status = {SyncStatus.Parked:D}, error_code = $2, error_message = $3, resume_at = $4, faults = faults + 1,
          parked_since = coalesce(parked_since, $5), updated_at = $5,
          cursor = case when $6 then null else cursor end, place = case when $6 then coalesce(reached, place) else place end,
          reached = case when $6 then null else reached end, seen_cursor = case when $6 then null else seen_cursor end,
          seen_page = case when $6 then null else seen_page end
        where id = $1
        """;

    private static readonly string EndRunSql = $"""
        update ingestion.sync_runs set
          status = $2, error_code = coalesce($3, error_code), error_message = coalesce($4, error_message), finished_at = $5, updated_at = $5
        where id = $1
        """;

    private static readonly string MarkSyncedSql = $"""
        update ingestion.sync_states set synced_to = greatest(synced_to, $2), last_sync_at = $3 where connection_id = $1
        """;

    public static async Task CreateStatesAsync(
        NpgsqlDataSource database,
        IReadOnlyList<PosConnectionDetails> connections,
        Instant now,
        CancellationToken cancellationToken
    ) =>
        await RunAsync(
            database,
            CreateStatesSql,
            cancellationToken,
            connections.Select(t => t.ConnectionId).ToArray(),
            connections.Select(t => t.VenueId).ToArray(),
            now
        );

    public static async Task<IReadOnlyList<(Guid ConnectionId, Instant? SyncedTo, bool Outage)>> SelectDueAsync(
        NpgsqlDataSource database,
        IReadOnlyList<PosConnectionSchedule> connections,
        Instant now,
        Instant aliveAfter,
        CancellationToken cancellationToken
    )
    {
        await using var command = database
            .CreateCommand(SelectDueSql)
            .AddValues(
                connections.Select(t => t.Details.ConnectionId).ToArray(),
                now,
                aliveAfter,
                connections.Select(t => t.SyncInterval.TotalSeconds).ToArray()
            );
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<(Guid, Instant?, bool)>();
        while (await row.ReadAsync(cancellationToken))
            due.Add((row.GetGuid(0), row.IsDBNull(1) ? null : row.GetFieldValue<Instant>(1), row.GetBoolean(3)));
        return due;
    }

    public static Task MarkAliveAsync(NpgsqlDataSource database, Guid[] connections, Instant now, CancellationToken cancellationToken) =>
        RunAsync(database, MarkAliveSql, cancellationToken, connections, now);

    /// <summary>Inserts a run. Returns false when an open run covers the same already.</summary>
    public static async Task<bool> InsertRunAsync(
        NpgsqlDataSource database,
        Guid id,
        PosConnectionDetails connection,
        SyncTrigger trigger,
        bool byCreation,
        Instant from,
        Instant to,
        Instant now,
        CancellationToken cancellationToken
    ) =>
        await RunAsync(
            database,
            InsertRunSql,
            cancellationToken,
            id,
            connection.VenueId,
            connection.ConnectionId,
            (short)trigger,
            byCreation,
            from,
            to,
            now
        ) == 1;

    /// <summary>Whether a run other than a backfill is in progress or about to start.</summary>
    public static async Task<bool> IsDueAsync(
        NpgsqlDataSource database,
        Guid connectionId,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var command = database
            .CreateCommand(
                $"""
                select exists (select from ingestion.sync_runs where connection_id = $1 and status in {OpenStatuses}
                  and trigger <> {SyncTrigger.Backfill:D} and resume_at <= $2)
                """
            )
            .AddValues(connectionId, now);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Lets parked runs continue now.</summary>
    public static Task ResumeAsync(NpgsqlDataSource database, Guid connectionId, Instant now, CancellationToken cancellationToken) =>
        RunAsync(
            database,
            $"update ingestion.sync_runs set resume_at = $2 where connection_id = $1 and status = {SyncStatus.Parked:D} and resume_at > $2",
            cancellationToken,
            connectionId,
            now
        );

    public static Task ScheduleNextAsync(
        NpgsqlDataSource database,
        Guid connectionId,
        Instant next,
        Instant now,
        CancellationToken cancellationToken
    ) => RunAsync(database, ScheduleNextSql, cancellationToken, connectionId, next, now);

    public static async Task<IReadOnlyList<Guid>> ClaimSqlAsync(
        NpgsqlDataSource database,
        Guid[] connections,
        Guid owner,
        int maxCount,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(ClaimSql).AddValues(connections, now, owner, maxCount, now + LeaseTime);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var claimed = new List<Guid>();
        while (await row.ReadAsync(cancellationToken))
            claimed.Add(row.GetGuid(0));
        return claimed;
    }

    /// <summary>Renews the lease. Returns false when another host holds it now.</summary>
    public static async Task<bool> RenewLeaseAsync(
        NpgsqlDataSource database,
        Guid connectionId,
        Guid owner,
        Instant now,
        CancellationToken cancellationToken
    ) => await RunAsync(database, RenewLeaseSql, cancellationToken, connectionId, owner, now + LeaseTime, now) == 1;

    public static Task ReleaseLeaseAsync(NpgsqlDataSource database, Guid connectionId, Guid owner, CancellationToken cancellationToken) =>
        RunAsync(database, ReleaseLeaseSql, cancellationToken, connectionId, owner);

    /// <summary>Saves the position of a run if its worker still holds the lease. Returns null when another host holds it now, otherwise
    /// whether a run other than a backfill is due.</summary>
    public static async Task<bool?> SaveProgressAsync(
        NpgsqlConnection connection,
        SyncRunRow run,
        Guid owner,
        SyncPosition position,
        int fetched,
        Ledger.BatchResult result,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(SaveProgressSql, connection).AddValues(
            run.Id,
            (short)position.Trigger,
            position.To,
            position.Stream,
            position.WindowStart,
            Text(position.Cursor),
            Time(position.ReadUntil),
            position.PassPages,
            position.PassFoundChanges,
            1,
            fetched,
            result.Created,
            result.Updated,
            result.Unchanged,
            Text(position.Skipped.Summary is null ? null : nameof(ErrorCode.SyncFailed)),
            Text(position.Skipped.Summary),
            now,
            run.ConnectionId,
            owner,
            now + LeaseTime,
            Text(position.Skipped.Serialize()),
            Text(position.Mark?.Cursor),
            Text(position.Mark?.Page)
        );
        return (bool?)await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Parks a run. When its listing is to be restarted, its cursor is dropped, and it continues from the last instant before
    /// which everything has been read.</summary>
    public static Task ParkSqlAsync(
        NpgsqlDataSource database,
        Guid id,
        UserError error,
        bool restartsListing,
        Instant resume,
        Instant now,
        CancellationToken cancellationToken
    ) => RunAsync(database, ParkSql, cancellationToken, id, error.Code.ToString(), error.Message, resume, now, restartsListing);

    public static async Task EndRunAsync(
        NpgsqlDataSource database,
        Guid id,
        SyncStatus status,
        UserError? error,
        Instant now,
        CancellationToken cancellationToken
    ) => await RunAsync(database, EndRunSql, cancellationToken, id, (short)status, Text(error?.Code.ToString()), Text(error?.Message), now);

    /// <summary>Ends a run and records in the same commit how far its connection has been synced.</summary>
    public static async Task CompleteRunAsync(
        NpgsqlDataSource database,
        SyncRunRow run,
        Instant syncedTo,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync(connection, EndRunSql, cancellationToken, run.Id, (short)SyncStatus.Completed, Text(null), Text(null), now);
        if (run.Trigger != SyncTrigger.Backfill)
            await RunAsync(connection, MarkSyncedSql, cancellationToken, run.ConnectionId, syncedTo, now);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<int> RunAsync(
        NpgsqlDataSource database,
        string sql,
        CancellationToken cancellationToken,
        params object[] values
    )
    {
        await using var command = database.CreateCommand(sql).AddValues(values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<int> RunAsync(
        NpgsqlConnection connection,
        string sql,
        CancellationToken cancellationToken,
        params object[] values
    )
    {
        await using var command = new NpgsqlCommand(sql, connection).AddValues(values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter Text(string? value) => SqlParameters.Nullable(NpgsqlDbType.Text, value);

    private static NpgsqlParameter Time(Instant? value) => SqlParameters.Nullable(NpgsqlDbType.TimestampTz, value);
}
