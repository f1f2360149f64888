using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Analytics.Revenues;

/// <summary>Totals of one provider, payment method and currency.</summary>
internal sealed record RevenueSum(string Currency, Provider Provider, PaymentMethod PaymentMethod, SalesFigures Figures)
{
    public static RevenueSum Of(SalesSum sum) => new(sum.Currency, sum.Provider, sum.Method, sum.Figures);
}

/// <summary>Reads revenue from the totals by the quarter hour, hour, day and month.</summary>
internal sealed class RevenueReader(NpgsqlDataSource database, FeedRelays relays, ISalesHistory history, IClock clock)
{
    private static readonly string Sql = $"""
        select s.currency, s.provider, s.payment_method, {RevenueTotals.SummedFigures}
        from unnest($2::smallint[], $3::timestamptz[], $4::timestamptz[]) r(level, from_at, to_at) cross join lateral (
          select t.* from {RevenueTotals.OfAllLevels} t
          where t.venue_id = $1 and t.level = r.level and t.starts_at >= r.from_at and t.starts_at < r.to_at offset 0) s
        group by s.currency, s.provider, s.payment_method
        """;

    /// <summary>Reads the revenue of a period.</summary>
    /// <param name="venue">The venue.</param>
    /// <param name="period">The length of the period.</param>
    /// <param name="span">The instants between which it lies; null for all time.</param>
    /// <param name="until">Where the figures end, if that is before the period does; null otherwise.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async Task<Revenue> ReadAsync(
        IVenue venue,
        RevenuePeriod period,
        (Instant From, Instant To)? span,
        Instant? until,
        CancellationToken cancellationToken
    )
    {
        var now = clock.Now();
        var to = until ?? span?.To;
        // Totals exist by the quarter hour. The rest is added up from the transactions.
        var lastQuarter = to is { } end ? RevenueLevel.QuarterHour.StartOf(end) : (Instant?)null;
        var ranges = span is { } s ? RevenueRange.Split(s.From, lastQuarter!.Value).ToArray() : [RevenueRange.All];
        var (sums, pendingChanges) = await ReadAsync(venue.Id, ranges, cancellationToken);
        if (lastQuarter < to)
            sums =
            [
                .. sums,
                .. (await history.SumAsync(venue.Id, [new SalesSpan("", lastQuarter, to)], cancellationToken)).Select(RevenueSum.Of),
            ];
        return Revenue.Of(sums, period, span?.From, to, new RevenueScope(venue, span, until ?? now), now, pendingChanges);
    }

    private async Task<(IReadOnlyList<RevenueSum> Sums, long PendingChanges)> ReadAsync(
        string venueId,
        RevenueRange[] ranges,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { relays.CountPending(AnalyticsDb.Schema, venueId), new NpgsqlBatchCommand(RevenueTotals.PlanSettings) },
        }.AddCommand(
            Sql,
            venueId,
            ranges.Select(r => (short)r.Level).ToArray(),
            ranges.Select(r => r.From).ToArray(),
            ranges.Select(r => r.To).ToArray()
        );
        await using var rows = await RevenueTotals.ReadAsync(batch, cancellationToken);
        await rows.ReadAsync(cancellationToken);
        var pendingChanges = rows.GetInt64(0);
        await rows.NextResultAsync(cancellationToken); // the settings
        await rows.NextResultAsync(cancellationToken);
        var sums = new List<RevenueSum>();
        while (await rows.ReadAsync(cancellationToken))
            sums.Add(new(rows.GetString(0), (Provider)rows.GetInt16(1), (PaymentMethod)rows.GetInt16(2), SalesFigures.Read(rows, 3)));
        return (sums, pendingChanges);
    }
}
