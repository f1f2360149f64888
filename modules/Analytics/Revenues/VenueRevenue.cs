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

/// <summary>Answers from the totals by the quarter hour.</summary>
internal sealed class VenueRevenue(IDbContextFactory<AnalyticsDb> dbFactory, FeedRelays relays, IClock clock)
{
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
        // Read before the sums: a change that is added up in between is then reported as pending although it is included, rather than
        // left out of both.
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
