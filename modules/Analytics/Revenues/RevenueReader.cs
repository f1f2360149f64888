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

/// <summary>The revenue to read.</summary>
/// <param name="Venue">The venue.</param>
/// <param name="Period">The length of the period.</param>
/// <param name="Span">The instants between which it lies; null for all time.</param>
/// <param name="Until">Where the figures end, if that is before the period does; null otherwise.</param>
internal sealed record RevenueRequest(IVenue Venue, RevenuePeriod Period, (Instant From, Instant To)? Span, Instant? Until = null);

/// <summary>Reads revenue from the totals by the quarter hour, hour, day and month.</summary>
internal sealed class RevenueReader(NpgsqlDataSource database, FeedRelays relays, ISalesHistory history, IClock clock)
{
    private static readonly string Sql = $"""
        select r.request, s.currency, s.provider, s.payment_method, {RevenueTotals.SummedFigures}
        from unnest($1::int[], $2::text[], $3::smallint[], $4::timestamptz[], $5::timestamptz[]) r(request, venue_id, level, from_at, to_at)
        cross join lateral (
          select t.* from {RevenueTotals.OfAllLevels} t
          where t.venue_id = r.venue_id and t.level = r.level and t.starts_at >= r.from_at and t.starts_at < r.to_at offset 0) s
        group by r.request, s.currency, s.provider, s.payment_method
        """;

    /// <summary>Reads the revenue of a period.</summary>
    public async Task<Revenue> ReadAsync(RevenueRequest request, CancellationToken cancellationToken) =>
        (await ReadAsync([request], cancellationToken))[request];

    /// <summary>Reads the revenue of several venues or periods in one statement.</summary>
    public async Task<IReadOnlyDictionary<RevenueRequest, Revenue>> ReadAsync(
        IReadOnlyList<RevenueRequest> requests,
        CancellationToken cancellationToken
    )
    {
        var now = clock.Now();
        var (sums, pendingChanges) = await ReadSumsAsync(requests, cancellationToken);
        var revenues = new Dictionary<RevenueRequest, Revenue>();
        foreach (var (i, request) in requests.Index())
        {
            var (venue, period, span, until) = request;
            var to = until ?? span?.To;
            var own = sums[i].ToArray();
            // Totals exist by the quarter hour. The rest is added up from the transactions.
            if (to is { } end && RevenueLevel.QuarterHour.StartOf(end) is var lastQuarter && lastQuarter < end)
                own =
                [
                    .. own,
                    .. (await history.SumAsync(venue.Id, [new SalesSpan("", lastQuarter, end)], cancellationToken)).Select(RevenueSum.Of),
                ];
            var scope = new RevenueScope(venue, span, until ?? now);
            revenues[request] = Revenue.Of(own, period, span?.From, to, scope, now, pendingChanges[venue.Id]);
        }
        return revenues;
    }

    private async Task<(ILookup<int, RevenueSum> Sums, Dictionary<string, long> PendingChanges)> ReadSumsAsync(
        IReadOnlyList<RevenueRequest> requests,
        CancellationToken cancellationToken
    )
    {
        var ranges = requests.SelectMany((r, i) => RangesOf(r).Select(range => (Request: i, Range: range))).ToArray();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                relays.CountPending(AnalyticsDb.Schema, [.. requests.Select(r => r.Venue.Id).Distinct()]),
                new NpgsqlBatchCommand(RevenueTotals.PlanSettings),
            },
        }.AddCommand(
            Sql,
            ranges.Select(r => r.Request).ToArray(),
            ranges.Select(r => requests[r.Request].Venue.Id).ToArray(),
            ranges.Select(r => (short)r.Range.Level).ToArray(),
            ranges.Select(r => r.Range.From).ToArray(),
            ranges.Select(r => r.Range.To).ToArray()
        );
        await using var rows = await RevenueTotals.ReadAsync(batch, cancellationToken);
        var pendingChanges = new Dictionary<string, long>();
        while (await rows.ReadAsync(cancellationToken))
            pendingChanges[rows.GetString(0)] = rows.GetInt64(1);
        await rows.NextResultAsync(cancellationToken); // the settings
        await rows.NextResultAsync(cancellationToken);
        var sums = new List<(int Request, RevenueSum Sum)>();
        while (await rows.ReadAsync(cancellationToken))
            sums.Add(
                (
                    rows.GetInt32(0),
                    new(rows.GetString(1), (Provider)rows.GetInt16(2), (PaymentMethod)rows.GetInt16(3), SalesFigures.Read(rows, 4))
                )
            );
        return (sums.ToLookup(s => s.Request, s => s.Sum), pendingChanges);
    }

    private static IEnumerable<RevenueRange> RangesOf(RevenueRequest request) =>
        request.Span is { } span
            ? RevenueRange.Split(span.From, RevenueLevel.QuarterHour.StartOf(request.Until ?? span.To))
            : [RevenueRange.All];
}
