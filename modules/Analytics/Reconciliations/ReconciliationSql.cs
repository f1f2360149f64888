using Ingestion.Contracts;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;

namespace Analytics.Reconciliations;

/// <summary>Names a reconciliation.</summary>
internal readonly record struct ReconciliationKey(string VenueId, LocalDate BusinessDate, Guid ConnectionId);

/// <summary>The statements of reconciliations: which host works on which connection, and what was found. Whatever a run writes, it writes
/// only while its host holds the lease.</summary>
internal static class ReconciliationSql
{
    /// <summary>How long a lease lasts. A host that does not renew it in time loses the connection to another host.</summary>
    public static readonly Duration LeaseTime = Duration.FromSeconds(30);

    private const string Key = "venue_id = $1 and business_date = $2 and connection_id = $3";

    private static readonly string RequestSql = $"""
        insert into analytics.reconciliations as r
          (venue_id, business_date, connection_id, id, state, due_at, faults, updated_at, checks)
        select $1, $2, c.id, gen_random_uuid(), {ReconciliationState.Running:D}, $4, 0, $4, 0 from unnest($3::uuid[]) c(id) order by c.id
        on conflict (venue_id, business_date, connection_id) do update set
          state = excluded.state, due_at = excluded.due_at, faults = 0, updated_at = excluded.updated_at
        """;

    // A check that was requested already is not requested again. A second check that is due includes the first one.
    private static readonly string RequestDueSql = $"""
        insert into analytics.reconciliations as r
          (venue_id, business_date, connection_id, id, state, due_at, faults, updated_at, checks, outage_at)
        select d.venue_id, d.business_date, d.connection_id, gen_random_uuid(), {ReconciliationState.NotYet:D}, $6, 0, $6, d.checks,
          d.outage_at
        from unnest($1::text[], $2::date[], $3::uuid[], $4::smallint[], $5::timestamptz[])
          d(venue_id, business_date, connection_id, checks, outage_at)
        order by d.venue_id, d.business_date, d.connection_id
        on conflict (venue_id, business_date, connection_id) do update set
          due_at = least(r.due_at, excluded.due_at), checks = greatest(r.checks, excluded.checks),
          outage_at = greatest(r.outage_at, excluded.outage_at), updated_at = excluded.updated_at
        where r.checks < excluded.checks or excluded.outage_at > coalesce(r.outage_at, '-infinity')
        """;

    // The unique key of the lease decides between two hosts.
    private const string ClaimSql = """
        insert into analytics.reconciliation_leases as l (connection_id, owner, until)
        select r.connection_id, $2, $3 from analytics.reconciliations r
        where r.due_at <= $1 and not exists (select from analytics.reconciliation_leases h
          where h.connection_id = r.connection_id and h.until > $1)
        order by r.due_at limit 1
        on conflict (connection_id) do update set owner = excluded.owner, until = excluded.until where l.until <= $1
        returning connection_id
        """;

    private const string RenewSql =
        "update analytics.reconciliation_leases set until = $3 where connection_id = $1 and owner = $2 and until > $4";

    private const string ReleaseSql = "delete from analytics.reconciliation_leases where connection_id = $1 and owner = $2";

    private const string HoldSql =
        "select true from analytics.reconciliation_leases where connection_id = $1 and owner = $2 and until > $3 for update";

    private static readonly string StartSql =
        $"update analytics.reconciliations set state = {ReconciliationState.Running:D}, updated_at = $4 where {Key}";

    private static readonly string ParkSql = $"""
        update analytics.reconciliations set state = {ReconciliationState.Unavailable:D}, due_at = $4, reason_code = $5,
          reason_message = $6, faults = faults + 1, updated_at = $7
        where {Key}
        """;

    private static readonly string MarkComparedSql = $"update analytics.reconciliations set compared_at = $4, updated_at = $4 where {Key}";

    private static readonly string FinishSql = $"""
        update analytics.reconciliations set state = case when not $4 then {ReconciliationState.Differs:D}
            when exists (select from analytics.reconciliation_differences where {Key}) then {ReconciliationState.Repaired:D}
            else {ReconciliationState.Equal:D} end,
          due_at = null, compared_at = null, checked_at = $5, reason_code = $6, reason_message = $7, faults = 0, updated_at = $5
        where {Key}
        """;

    // The sums from before the repair are kept as long as there is a difference that they explain.
    private static readonly string ForgetSumsSql = $"""
        delete from analytics.reconciled_sums
        where {Key} and not exists (select from analytics.reconciliation_differences where {Key})
        """;

    private static readonly string ClearSumsSql = $"""
        update analytics.reconciled_sums set our_count = 0, our_total_minor = 0, our_tip_minor = 0, our_refunded_minor = 0,
          their_count = 0, their_total_minor = 0, their_tip_minor = 0, their_refunded_minor = 0
        where {Key}
        """;

    private const string SaveSumsSql = """
        insert into analytics.reconciled_sums (venue_id, business_date, connection_id, currency,
          before_count, before_total_minor, before_tip_minor, before_refunded_minor,
          our_count, our_total_minor, our_tip_minor, our_refunded_minor,
          their_count, their_total_minor, their_tip_minor, their_refunded_minor)
        select $1, $2, $3, s.currency, $13 * our_count, $13 * our_total, $13 * our_tip, $13 * our_refunded,
          our_count, our_total, our_tip, our_refunded, their_count, their_total, their_tip, their_refunded
        from unnest($4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],
            $12::bigint[])
          s(currency, our_count, our_total, our_tip, our_refunded, their_count, their_total, their_tip, their_refunded)
        on conflict (venue_id, business_date, connection_id, currency) do update set
          our_count = excluded.our_count, our_total_minor = excluded.our_total_minor, our_tip_minor = excluded.our_tip_minor,
          our_refunded_minor = excluded.our_refunded_minor, their_count = excluded.their_count,
          their_total_minor = excluded.their_total_minor, their_tip_minor = excluded.their_tip_minor,
          their_refunded_minor = excluded.their_refunded_minor
        """;

    private static readonly string MarkRepairedSql = $"""
        update analytics.reconciliation_differences d set repaired = true
        where {Key} and not repaired and not exists (select from unnest($4::text[], $5::boolean[]) s(external_id, is_refund)
          where s.external_id = d.external_id and s.is_refund = d.is_refund)
        """;

    // What was found first tells what differed; what is found after the repair tells why it still does.
    private const string SaveDifferencesSql = """
        insert into analytics.reconciliation_differences as d (venue_id, business_date, connection_id, external_id, is_refund,
          transaction_id, our_currency, our_minor, their_currency, their_minor, kind, detail, repaired)
        select $1, $2, $3, s.*, false
        from unnest($4::text[], $5::boolean[], $6::uuid[], $7::text[], $8::bigint[], $9::text[], $10::bigint[], $11::smallint[],
          $12::text[]) s
        on conflict (venue_id, business_date, connection_id, external_id, is_refund) do update set
          repaired = false, detail = excluded.detail, their_currency = excluded.their_currency, their_minor = excluded.their_minor,
          transaction_id = coalesce(excluded.transaction_id, d.transaction_id),
          kind = case when $13 then excluded.kind else d.kind end,
          our_currency = case when $13 then excluded.our_currency else d.our_currency end,
          our_minor = case when $13 then excluded.our_minor else d.our_minor end
        """;

    // A payment that was missing has a transaction once it is repaired.
    private static readonly string SelectUnlinkedSql = $"""
        select external_id from analytics.reconciliation_differences where {Key} and not is_refund and transaction_id is null
        limit 1000
        """;

    private static readonly string LinkSql = $"""
        update analytics.reconciliation_differences d set transaction_id = l.id from unnest($4::text[], $5::uuid[]) l(external_id, id)
        where {Key} and d.external_id = l.external_id and not d.is_refund
        """;

    /// <summary>Requests the reconciliation of a date with these connections, over the connection of the caller's transaction.</summary>
    public static async Task RequestAsync(
        NpgsqlConnection connection,
        string venueId,
        LocalDate businessDate,
        Guid[] connectionIds,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(RequestSql, connection).AddValues(venueId, businessDate, connectionIds, now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Requests the checks that have become due by themselves and returns how many were not requested before.</summary>
    public static async Task<int> RequestDueAsync(
        NpgsqlDataSource database,
        IReadOnlyCollection<(ReconciliationKey Key, DueCheck Check)> checks,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var command = database
            .CreateCommand(RequestDueSql)
            .AddValues(
                checks.Select(c => c.Key.VenueId).ToArray(),
                checks.Select(c => c.Key.BusinessDate).ToArray(),
                checks.Select(c => c.Key.ConnectionId).ToArray(),
                checks.Select(c => c.Check.Checks).ToArray(),
                SqlParameters.NullableArray(NpgsqlDbType.TimestampTz, checks.Select(c => c.Check.OutageAt).ToArray()),
                now
            );
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes the lease of a connection with a reconciliation that is due; null when there is none.</summary>
    public static async Task<Guid?> ClaimAsync(NpgsqlDataSource database, Guid owner, Instant now, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(ClaimSql).AddValues(now, owner, now + LeaseTime);
        return (Guid?)await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Renews the lease. Returns false when another host holds it now.</summary>
    public static async Task<bool> RenewAsync(
        NpgsqlDataSource database,
        Guid connectionId,
        Guid owner,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(RenewSql).AddValues(connectionId, owner, now + LeaseTime, now);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public static async Task ReleaseAsync(NpgsqlDataSource database, Guid connectionId, Guid owner, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(ReleaseSql).AddValues(connectionId, owner);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static Task StartAsync(
        NpgsqlDataSource database,
        ReconciliationKey key,
        Guid owner,
        Instant now,
        CancellationToken cancellationToken
    ) => WriteAsync(database, key, owner, now, batch => batch.AddCommand(StartSql, [.. Values(key), now]), cancellationToken);

    /// <summary>Ends the run for now: the provider could not be asked. It is due again at the given time, or never.</summary>
    public static Task ParkAsync(
        NpgsqlDataSource database,
        ReconciliationKey key,
        Guid owner,
        UserError reason,
        Instant? dueAt,
        Instant now,
        CancellationToken cancellationToken
    ) =>
        WriteAsync(
            database,
            key,
            owner,
            now,
            batch =>
                batch.AddCommand(
                    ParkSql,
                    [.. Values(key), SqlParameters.Nullable(NpgsqlDbType.TimestampTz, dueAt), reason.Code.ToString(), reason.Message, now]
                ),
            cancellationToken
        );

    /// <summary>Saves a comparison in one commit: the one before the repair, or the last one of the run, which ends it.</summary>
    public static Task SaveAsync(
        NpgsqlDataSource database,
        ReconciliationKey key,
        Guid owner,
        ComparedDay compared,
        bool isBeforeRepair,
        UserError? reason,
        Instant now,
        CancellationToken cancellationToken
    ) =>
        WriteAsync(
            database,
            key,
            owner,
            now,
            batch =>
            {
                var (sums, differences) = (compared.Sums, compared.Differences);
                string[] ids = [.. differences.Select(d => d.ExternalId)];
                bool[] areRefunds = [.. differences.Select(d => d.IsRefund)];
                if (isBeforeRepair)
                    batch.AddCommand(ForgetSumsSql, Values(key));
                batch
                    .AddCommand(ClearSumsSql, Values(key))
                    .AddCommand(
                        SaveSumsSql,
                        [
                            .. Values(key),
                            sums.Select(s => s.Currency).ToArray(),
                            sums.Select(s => s.Ours.Count).ToArray(),
                            sums.Select(s => s.Ours.TotalMinor).ToArray(),
                            sums.Select(s => s.Ours.TipMinor).ToArray(),
                            sums.Select(s => s.Ours.RefundedMinor).ToArray(),
                            sums.Select(s => s.Theirs.Count).ToArray(),
                            sums.Select(s => s.Theirs.TotalMinor).ToArray(),
                            sums.Select(s => s.Theirs.TipMinor).ToArray(),
                            sums.Select(s => s.Theirs.RefundedMinor).ToArray(),
                            isBeforeRepair ? 1L : 0L,
                        ]
                    )
                    .AddCommand(MarkRepairedSql, [.. Values(key), ids, areRefunds])
                    .AddCommand(
                        SaveDifferencesSql,
                        [
                            .. Values(key),
                            ids,
                            areRefunds,
                            SqlParameters.NullableArray(NpgsqlDbType.Uuid, differences.Select(d => d.TransactionId).ToArray()),
                            SqlParameters.NullableArray(NpgsqlDbType.Text, differences.Select(d => d.Ours?.Currency).ToArray()),
                            SqlParameters.NullableArray(NpgsqlDbType.Bigint, differences.Select(d => d.Ours?.AmountMinor).ToArray()),
                            SqlParameters.NullableArray(NpgsqlDbType.Text, differences.Select(d => d.Theirs?.Currency).ToArray()),
                            SqlParameters.NullableArray(NpgsqlDbType.Bigint, differences.Select(d => d.Theirs?.AmountMinor).ToArray()),
                            differences.Select(d => (short)d.Kind).ToArray(),
                            differences.Select(d => d.Detail).ToArray(),
                            isBeforeRepair,
                        ]
                    );
                if (isBeforeRepair && !compared.IsEqual)
                    batch.AddCommand(MarkComparedSql, [.. Values(key), now]);
                else
                    batch.AddCommand(
                        FinishSql,
                        [
                            .. Values(key),
                            compared.IsEqual,
                            now,
                            SqlParameters.Nullable(NpgsqlDbType.Text, reason?.Code.ToString()),
                            SqlParameters.Nullable(NpgsqlDbType.Text, reason?.Message),
                        ]
                    );
            },
            cancellationToken
        );

    /// <summary>The ids of payments whose transactions were not known when they were compared.</summary>
    public static async Task<IReadOnlyList<string>> SelectUnlinkedAsync(
        NpgsqlDataSource database,
        ReconciliationKey key,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(SelectUnlinkedSql).AddValues(Values(key));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<string>();
        while (await row.ReadAsync(cancellationToken))
            ids.Add(row.GetString(0));
        return ids;
    }

    public static async Task LinkAsync(
        NpgsqlDataSource database,
        ReconciliationKey key,
        IReadOnlyDictionary<string, Guid> transactions,
        CancellationToken cancellationToken
    )
    {
        await using var command = database
            .CreateCommand(LinkSql)
            .AddValues([.. Values(key), transactions.Keys.ToArray(), transactions.Values.ToArray()]);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static object[] Values(ReconciliationKey key) => [key.VenueId, key.BusinessDate, key.ConnectionId];

    // The row lock of the lease is held to the commit, so that no other host takes it over in between.
    private static async Task WriteAsync(
        NpgsqlDataSource database,
        ReconciliationKey key,
        Guid owner,
        Instant now,
        Action<NpgsqlBatch> add,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var hold = new NpgsqlCommand(HoldSql, connection).AddValues(key.ConnectionId, owner, now))
            if (await hold.ExecuteScalarAsync(cancellationToken) is null)
                throw new OperationCanceledException("Another host holds the lease of this connection now.");
        await using var batch = new NpgsqlBatch(connection, transaction);
        add(batch);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
