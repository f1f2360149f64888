using Npgsql;

namespace Analytics.Revenues;

/// <summary>What the statements that read totals have in common.</summary>
internal static class RevenueTotals
{
    /// <summary>The columns of the figures, in the order of <see cref="Ingestion.Contracts.SalesFigures.Read"/>.</summary>
    public const string Figures =
        "count, total_minor, tip_minor, refunded_minor, pending_minor, refunds_issued_minor, tax_minor, discount_minor, "
        + "service_charge_minor, incomplete_count";

    private static readonly string[] FigureColumns = Figures.Split(", ");

    /// <summary>The totals of all levels, to be read by venue, level and start.</summary>
    public const string OfAllLevels = $"""
        (select 0::smallint as level, venue_id, starts_at, provider, payment_method, currency, {Figures} from analytics.revenue_buckets
          union all
          select level, venue_id, starts_at, provider, payment_method, currency, {Figures} from analytics.revenue_roll_ups)
        """;

    /// <summary>The sum of each figure of a group of totals <c>s</c>.</summary>
    public static readonly string SummedFigures = string.Join(", ", FigureColumns.Select(c => $"sum(s.{c})::bigint"));

    /// <summary>Adds what is to be inserted to the totals <c>r</c>, which exist already.</summary>
    public static readonly string AddedFigures = string.Join(", ", FigureColumns.Select(c => $"{c} = r.{c} + excluded.{c}"));

    /// <summary>One array for each figure: <c>$6::bigint[], $7::bigint[], …</c></summary>
    public static string FigureArrays(int firstParameter) =>
        string.Join(", ", FigureColumns.Select((_, i) => $"${firstParameter + i}::bigint[]"));

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
