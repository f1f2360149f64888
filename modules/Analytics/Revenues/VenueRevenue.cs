using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Analytics.Revenues;

/// <summary>Revenue of one currency over a period. total, count and average are over captured sales, refunded ones included at their total;
/// net takes refunds off.</summary>
/// <param name="Period">The period asked for.</param>
/// <param name="From">Its start, at the venue's cut-off; null for ALL.</param>
/// <param name="To">Its end, exclusive; null for ALL.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Total">What guests paid, tips included.</param>
/// <param name="Count">Captured sales.</param>
/// <param name="Average">total / count, half-even; 0 without sales.</param>
/// <param name="Net">total − refunded.</param>
/// <param name="Refunded">Given back.</param>
/// <param name="Tip">Of the total.</param>
/// <param name="Pending">Authorised, not yet captured; not in total.</param>
/// <param name="ByProvider">By provider, the largest first.</param>
/// <param name="ByPaymentMethod">By payment method, the largest first.</param>
/// <param name="OtherCurrencies">One for each other currency taken.</param>
/// <param name="AsOf">When it was read.</param>
/// <param name="PendingChanges">Changes ingested and not yet added up here.</param>
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

/// <summary>A part of revenue.</summary>
/// <param name="Key">What the part is, e.g. SQUARE or CARD.</param>
/// <param name="Total">What guests paid, tips included.</param>
/// <param name="Count">Captured sales.</param>
/// <param name="Net">total − refunded.</param>
internal sealed record RevenueSlice(string Key, Money Total, long Count, Money Net);

/// <summary>Revenue, from the totals by the quarter hour.</summary>
internal sealed class VenueRevenue(IDbContextFactory<AnalyticsDb> dbFactory, FeedRelays relays, IClock clock)
{
    /// <summary>The day, ISO week, month or year that holds <paramref name="on"/> (default: the venue's today); ALL ignores it. Owner only.</summary>
    /// <param name="period">How much time.</param>
    /// <param name="on">A day in it.</param>
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
        // Read before the sums: a change that is added up in between is then named twice rather than not at all.
        var pendingChanges = await relays.CountPendingAsync(AnalyticsDb.Schema, venue.Id, cancellationToken);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = db.RevenueBuckets.AsNoTracking().Where(b => b.VenueId == venue.Id);
        var span = venue.SpanOf(period, on ?? venue.BusinessDateOf(now));
        if (span is var (from, to))
            rows = rows.Where(b => b.StartsAt >= from && b.StartsAt < to);
        var sums = await rows.GroupBy(d => new
            {
                d.Currency,
                d.Provider,
                d.PaymentMethod,
            })
            .Select(g => new RevenueSum(
                g.Key.Currency,
                g.Key.Provider,
                g.Key.PaymentMethod,
                g.Sum(d => d.Count),
                g.Sum(d => d.TotalMinor),
                g.Sum(d => d.TipMinor),
                g.Sum(d => d.RefundedMinor),
                g.Sum(d => d.PendingMinor)
            ))
            .ToListAsync(cancellationToken);

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

    // GiftCard → GIFT_CARD, as the enum stands in the schema.
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
