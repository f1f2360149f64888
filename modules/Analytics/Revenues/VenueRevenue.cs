using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Analytics.Revenues;

/// <summary>Revenue in one currency over a period. total, count and average cover captured transactions, refunded ones at their full
/// total; net subtracts refunds.</summary>
/// <param name="Period">The length of the period that was asked for.</param>
/// <param name="From">When the period starts, at the venue's day cut-off; null for ALL.</param>
/// <param name="To">When the period ends, exclusive; null for ALL.</param>
/// <param name="Currency">The currency as an ISO 4217 code.</param>
/// <param name="Total">What guests paid in captured transactions, tips included.</param>
/// <param name="Count">The number of captured transactions, refunded ones included.</param>
/// <param name="Average">The total divided by the count, in minor units rounded half to even; 0 without transactions.</param>
/// <param name="Net">The total less refunds.</param>
/// <param name="Refunded">The amount refunded so far.</param>
/// <param name="Tip">The tips within the total.</param>
/// <param name="Pending">The total of transactions that are authorised and not yet captured; not part of total.</param>
/// <param name="ByProvider">Revenue by provider, the largest total first.</param>
/// <param name="ByPaymentMethod">Revenue by payment method, the largest total first.</param>
/// <param name="OtherCurrencies">Revenue in every other currency that was taken, one entry for each.</param>
/// <param name="AsOf">When the figures were read.</param>
/// <param name="PendingChanges">How many recorded changes are not included in these figures yet.</param>
internal sealed record Revenue(
    RevenuePeriod Period,
    Instant? From,
    Instant? To,
    string Currency,
    Money Total,
    long Count,
    Money Average,
    Money Net,
    Money Refunded,
    Money Tip,
    Money Pending,
    IReadOnlyList<RevenueSlice> ByProvider,
    IReadOnlyList<RevenueSlice> ByPaymentMethod,
    IReadOnlyList<Revenue> OtherCurrencies,
    Instant AsOf,
    long PendingChanges
);

/// <summary>The part of revenue that belongs to one provider or payment method.</summary>
/// <param name="Key">The provider or payment method, e.g. SQUARE or CARD.</param>
/// <param name="Total">What guests paid in captured transactions, tips included.</param>
/// <param name="Count">The number of captured transactions, refunded ones included.</param>
/// <param name="Net">The total less refunds.</param>
internal sealed record RevenueSlice(string Key, Money Total, long Count, Money Net);

/// <summary>Answers from the totals by the quarter hour, hour, day and month.</summary>
internal sealed class VenueRevenue(NpgsqlDataSource database, FeedRelays relays, IClock clock)
{
    private const string Sql = $"""
        select s.currency, s.provider, s.payment_method, sum(s.count)::bigint, sum(s.total_minor)::bigint, sum(s.tip_minor)::bigint,
          sum(s.refunded_minor)::bigint, sum(s.pending_minor)::bigint
        from unnest($2::smallint[], $3::timestamptz[], $4::timestamptz[]) r(level, from_at, to_at) cross join lateral (
          select t.* from {RevenueTotals.OfAllLevels} t
          where t.venue_id = $1 and t.level = r.level and t.starts_at >= r.from_at and t.starts_at < r.to_at offset 0) s
        group by s.currency, s.provider, s.payment_method
        """;

    /// <summary>Revenue of the business day, ISO week, month or year that contains <paramref name="on"/>, or of all time. Requires an
    /// owner of the venue.</summary>
    /// <param name="period">The length of the period.</param>
    /// <param name="on">A business day within the period; the venue's today when left out. ALL ignores it.</param>
    public async Task<Revenue> RevenueAsync(
        [Parent] IVenue venue,
        RevenuePeriod period,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        LocalDate? on = null
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        var now = clock.Now();
        var span = venue.SpanOf(period, on ?? venue.BusinessDateOf(now));
        var ranges = span is var (from, to) ? RevenueRange.Split(from, to).ToArray() : [RevenueRange.All];
        var (sums, pendingChanges) = await ReadAsync(venue.Id, ranges, cancellationToken);

        Revenue Of(string currency, IReadOnlyList<Revenue> otherCurrencies)
        {
            var own = sums.Where(s => s.Currency == currency).ToArray();
            var (total, count, refunded) = (own.Sum(s => s.Total), own.Sum(s => s.Count), own.Sum(s => s.Refunded));
            return new Revenue(
                period,
                span?.From,
                span?.To,
                currency,
                new(total, currency),
                count,
                new(Money.Average(total, count), currency),
                new(total - refunded, currency),
                new(refunded, currency),
                new(own.Sum(s => s.Tip), currency),
                new(own.Sum(s => s.Pending), currency),
                SlicesBy(own, s => s.Provider.ToString().ToUpperInvariant(), currency),
                SlicesBy(own, s => EnumValueName(s.PaymentMethod), currency),
                otherCurrencies,
                now,
                pendingChanges
            );
        }
        var currencies = sums.Select(s => s.Currency).Distinct().Where(c => c != venue.Currency).Order().ToArray();
        return Of(venue.Currency, [.. currencies.Select(c => Of(c, []))]);
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
            sums.Add(
                new(
                    rows.GetString(0),
                    (Provider)rows.GetInt16(1),
                    (PaymentMethod)rows.GetInt16(2),
                    rows.GetInt64(3),
                    rows.GetInt64(4),
                    rows.GetInt64(5),
                    rows.GetInt64(6),
                    rows.GetInt64(7)
                )
            );
        return (sums, pendingChanges);
    }

    private static RevenueSlice[] SlicesBy(RevenueSum[] sums, Func<RevenueSum, string> key, string currency) =>
        [
            .. sums.Where(s => s.Count > 0)
                .GroupBy(key)
                .Select(g => new RevenueSlice(
                    g.Key,
                    new(g.Sum(s => s.Total), currency),
                    g.Sum(s => s.Count),
                    new(g.Sum(s => s.Total - s.Refunded), currency)
                ))
                .OrderByDescending(s => s.Total.AmountMinor)
                .ThenBy(s => s.Key, StringComparer.Ordinal),
        ];

    // GiftCard becomes GIFT_CARD, as the schema spells the value.
    private static string EnumValueName(PaymentMethod method) =>
        string.Concat(method.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString()));

    private sealed record RevenueSum(
        string Currency,
        Provider Provider,
        PaymentMethod PaymentMethod,
        long Count,
        long Total,
        long Tip,
        long Refunded,
        long Pending
    );
}
