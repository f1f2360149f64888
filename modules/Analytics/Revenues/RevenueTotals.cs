using Npgsql;

namespace Analytics.Revenues;

/// <summary>What the statements that read totals have in common.</summary>
internal static class RevenueTotals
{
    /// <summary>The totals of all levels, to be read by venue, level and start.</summary>
    public const string OfAllLevels = """
        (select 0::smallint as level, venue_id, starts_at, provider, payment_method, currency,
            count, total_minor, tip_minor, refunded_minor, pending_minor from analytics.revenue_buckets
          union all
          select level, venue_id, starts_at, provider, payment_method, currency,
            count, total_minor, tip_minor, refunded_minor, pending_minor from analytics.revenue_roll_ups)
        """;

    /// <summary>Settings for the rest of the batch. PostgreSQL plans each statement once for each connection, by the primary keys.
    /// Otherwise it would plan at each call, which takes longer than the execution, and compile the plan, because it expects a
    /// hundredfold of the rows.</summary>
    public const string PlanSettings = """
        select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
          set_config('jit', 'off', true)
        """;

    /// <summary>Executes the batch after its statements have been prepared, which happens once for each connection. Were they prepared
    /// while they are executed, an error in between could break them for the next caller (see PreparedStatementReset, which learns of
    /// errors in the statements of EF Core only).</summary>
    public static async Task<NpgsqlDataReader> ReadAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        await batch.PrepareAsync(cancellationToken);
        return await batch.ExecuteReaderAsync(cancellationToken);
    }
}
