using Npgsql;

namespace PosModular.Benchmarks.Intake;

/// <summary>The baseline of the database: pgbench inserts the row of ingestion.webhook_events into a table with the same key and
/// index.</summary>
internal static class PgbenchInserts
{
    /// <returns>Rows a second.</returns>
    public static async Task<double> RunAsync(
        string database,
        int venues,
        byte[] body,
        int clients,
        int rowsPerStatement,
        TimeSpan duration
    )
    {
        await using (var source = NpgsqlDataSource.Create(database))
        {
            await ExistingTransactions.ExecuteAsync(
                source,
                "create table if not exists baseline_webhook_events (like ingestion.webhook_events including all)"
            );
            await ExistingTransactions.ExecuteAsync(source, "checkpoint");
        }
        var script = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}.sql");
        await File.WriteAllTextAsync(
            script,
            $"""
            \set n random(1, 1000000000000)
            \set v random(0, {venues - 1})
            insert into baseline_webhook_events
              (id, venue_id, connection_id, event_id, provider, type, status, received_at, attempts, payload)
            select gen_random_uuid(), 'venue-' || :v, '00000000-0000-0000-0000-000000000000', (:n::bigint * 100 + i)::text, 2,
              'payment.updated', 1, now(), 1, '\x{Convert.ToHexString(
                body
            )}' from {(rowsPerStatement == 1 ? "(values (1))" : $"generate_series(1, {rowsPerStatement})")} s(i)
            on conflict do nothing;
            """
        );
        var (perSecond, _) = await Pgbench.RunAsync(database, script, clients, "-T", $"{Math.Max(1, (int)duration.TotalSeconds)}");
        File.Delete(script);
        return perSecond * rowsPerStatement;
    }
}
