using Npgsql;

namespace PosModular.Benchmarks;

/// <summary>
/// Inserts transactions before a measurement, so that the indexes have a realistic depth; rules and analytics skip them.
/// </summary>
internal static class ExistingTransactions
{
    public const string Columns =
        "id, venue_id, provider, external_id, connection_id, external_order_id, status, currency, total_minor, tip_minor, "
        + "refunded_minor, payment_refunded_minor, payment_method, card_brand, card_last4, card_entry_method, card_token, "
        + "occurred_at, payment_updated_at, payment_hash, user_id, matched_by, recorded_at, last_seq, added_seq, tax_minor, "
        + "discount_minor, service_charge_minor, breakdown_complete, order_version, rules_off";

    /// <summary>
    /// The SQL values of one transaction with realistic widths and distribution: ids by time, random provider ids, seven of ten with a
    /// user.
    /// </summary>
    /// <param name="number">A column: the transaction's number.</param>
    /// <param name="at">A column: the transaction's time.</param>
    /// <param name="seq">An expression: its sequence in the feed.</param>
    /// <param name="user">An expression: its user.</param>
    public static string Values(string number, string at, string seq, string? user = null) =>
        $"""
            (lpad(to_hex(floor(extract(epoch from {at}) * 1000)::bigint), 12, '0')
              || '7' || substr(md5({number}::text), 1, 3) || '8' || substr(md5({number}::text), 4, 15))::uuid,
            'venue-0', 2, substr(md5('p' || {number}), 1, 29), '00000000-0000-0000-0000-000000000000'::uuid,
            substr(md5('o' || {number}), 1, 29), 2, 'EUR',
            500 + {number} * 7919 % 5000, 0, 0, 0, 1, 'VISA', '1111', 'CONTACTLESS', substr(md5('c' || {number} % 50000), 1, 22),
            {at}, {at}, {number} * 7919,
            case when {number} % 10 < 7 then {user ?? $"'guest-' || {number} % 1000"} end, case when {number} % 10 < 7 then 1 end,
            now(), {seq}, {seq}, 70, 0, 0, true, 1, false
            """;

    /// <summary>Inserts them into the first venue, with times from a year to two months ago.</summary>
    /// <param name="database">Where they are inserted.</param>
    /// <param name="rows">How many.</param>
    /// <param name="firstNumber">The number of the first one. No two have the same.</param>
    /// <param name="userId">The user of those that have one; null for a thousand guests.</param>
    public static async Task InsertAsync(NpgsqlDataSource database, int rows, int firstNumber = 1, string? userId = null)
    {
        await using var batch = database.CreateBatch();
        batch.Timeout = 0;
        foreach (
            var sql in new[]
            {
                "begin",
                "select seq from ingestion.feed_heads where venue_id = 'venue-0' for update",
                $"""
                    insert into ingestion.transactions ({Columns})
                    select {Values("i", "at", "seq", userId is null ? null : $"'{userId}'")} from (
                      select i::bigint + {firstNumber
                        - 1} as i, now() - interval '365 days' + i * (interval '300 days' / {rows}) as at, h.seq + i as seq
                      from generate_series(1, {rows}) i, ingestion.feed_heads h where h.venue_id = 'venue-0') n
                    """,
                """
                    insert into ingestion.transaction_versions (venue_id, seq, transaction_id, applied, added, recorded_at, cause, cause_id,
                      provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at,
                      tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off)
                    select venue_id, last_seq, id, true, true, recorded_at, 2, '00000000-0000-0000-0000-000000000000',
                      provider, status, currency, total_minor, tip_minor, refunded_minor,
                      payment_method, user_id, occurred_at, tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off
                    from ingestion.transactions where connection_id = '00000000-0000-0000-0000-000000000000'
                      and last_seq > (select seq from ingestion.feed_heads where venue_id = 'venue-0')
                    """,
                $"update ingestion.feed_heads set seq = seq + {rows} where venue_id = 'venue-0'",
                $"update rules.feed_positions set seq = seq + {rows} where source = 'ingestion' and venue_id = 'venue-0'",
                $"update analytics.feed_positions set seq = seq + {rows} where source = 'ingestion' and venue_id = 'venue-0'",
                "commit",
            }
        )
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        await batch.ExecuteNonQueryAsync();
        await ExecuteAsync(database, "vacuum analyze");
        await ExecuteAsync(database, "checkpoint");
    }

    public static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }
}
