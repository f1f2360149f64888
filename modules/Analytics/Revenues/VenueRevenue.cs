using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Analytics.Revenues;

/// <summary>Revenue in one currency over a period. total, count and average cover captured transactions, refunded ones at their full
/// total. net subtracts what has been refunded of them since; netAfterRefundsIssued subtracts the refunds that were given in the period, as
/// the provider's own report does.</summary>
/// <param name="Period">The length of the period that was asked for.</param>
/// <param name="From">When the period starts, at the venue's day cut-off; null for ALL.</param>
/// <param name="To">When the period ends, exclusive; null for ALL.</param>
/// <param name="Currency">The currency as an ISO 4217 code.</param>
/// <param name="Total">What guests paid in captured transactions, tips included.</param>
/// <param name="Count">The number of captured transactions, refunded ones included.</param>
/// <param name="Average">The total divided by the count, in minor units rounded half to even; 0 without transactions.</param>
/// <param name="Net">The total less refunded.</param>
/// <param name="Refunded">What has been refunded so far of the payments of this period, whenever it was refunded.</param>
/// <param name="RefundsIssued">The refunds that were given in this period, whatever the dates of their payments; also those whose payment
/// is unknown.</param>
/// <param name="NetAfterRefundsIssued">The total less refundsIssued. It does not change when a payment of the period is refunded
/// later.</param>
/// <param name="Tax">The tax within the total, as far as breakdowns are known (incompleteCount).</param>
/// <param name="Tip">The tips within the total.</param>
/// <param name="Discount">The discounts that were taken off before the total, as far as breakdowns are known (incompleteCount).</param>
/// <param name="ServiceCharge">The service charges within the total, as far as breakdowns are known (incompleteCount).</param>
/// <param name="IncompleteCount">The number of captured transactions whose tax, discount and service charge are still to be
/// fetched.</param>
/// <param name="Pending">The total of transactions that are authorised and not yet captured; not part of total.</param>
/// <param name="ByProvider">Revenue by provider, the largest total first.</param>
/// <param name="ByPaymentMethod">Revenue by payment method, the largest total first.</param>
/// <param name="OtherCurrencies">Revenue in every other currency that was taken, one entry for each.</param>
/// <param name="AsOf">When the figures were read.</param>
/// <param name="PendingChanges">How many recorded changes are not included in these figures yet.</param>
/// <param name="Scope">What further fields are read by.</param>
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
    Money RefundsIssued,
    Money NetAfterRefundsIssued,
    Money Tax,
    Money Tip,
    Money Discount,
    Money ServiceCharge,
    long IncompleteCount,
    Money Pending,
    IReadOnlyList<RevenueSlice> ByProvider,
    IReadOnlyList<RevenueSlice> ByPaymentMethod,
    IReadOnlyList<Revenue> OtherCurrencies,
    Instant AsOf,
    long PendingChanges,
    [property: Ignore] RevenueScope Scope
)
{
    /// <summary>The revenue in another currency, which may be 0.</summary>
    internal Revenue In(string currency) =>
        currency == Currency
            ? this
            : OtherCurrencies.SingleOrDefault(r => r.Currency == currency)
                ?? Of([], Period, From, To, currency, [], Scope, AsOf, PendingChanges);

    /// <summary>Adds totals up: the venue's currency, and in it every other one that was taken. Pure.</summary>
    public static Revenue Of(
        IReadOnlyList<RevenueSum> sums,
        RevenuePeriod period,
        Instant? from,
        Instant? to,
        RevenueScope scope,
        Instant asOf,
        long pendingChanges
    )
    {
        var currencies = sums.Select(s => s.Currency).Distinct().Where(c => c != scope.Venue.Currency).Order().ToArray();
        var others = currencies.Select(c => Of(sums, period, from, to, c, [], scope, asOf, pendingChanges)).ToArray();
        return Of(sums, period, from, to, scope.Venue.Currency, others, scope, asOf, pendingChanges);
    }

    private static Revenue Of(
        IReadOnlyList<RevenueSum> sums,
        RevenuePeriod period,
        Instant? from,
        Instant? to,
        string currency,
        IReadOnlyList<Revenue> otherCurrencies,
        RevenueScope scope,
        Instant asOf,
        long pendingChanges
    )
    {
        var own = sums.Where(s => s.Currency == currency).ToArray();
        var sum = SalesFigures.Sum(own.Select(s => s.Figures));
        return new Revenue(
            period,
            from,
            to,
            currency,
            new(sum.TotalMinor, currency),
            sum.Count,
            new(Money.Average(sum.TotalMinor, sum.Count), currency),
            new(sum.NetMinor, currency),
            new(sum.RefundedMinor, currency),
            new(sum.RefundsIssuedMinor, currency),
            new(checked(sum.TotalMinor - sum.RefundsIssuedMinor), currency),
            new(sum.TaxMinor, currency),
            new(sum.TipMinor, currency),
            new(sum.DiscountMinor, currency),
            new(sum.ServiceChargeMinor, currency),
            sum.IncompleteCount,
            new(sum.PendingMinor, currency),
            SlicesBy(own, s => s.Provider.ToString().ToUpperInvariant(), currency),
            SlicesBy(own, s => EnumValueName(s.PaymentMethod), currency),
            otherCurrencies,
            asOf,
            pendingChanges,
            scope
        );
    }

    private static RevenueSlice[] SlicesBy(RevenueSum[] sums, Func<RevenueSum, string> key, string currency) =>
        RevenueSlices.Of(sums.Select(s => (key(s), s.Figures)), currency);

    // GiftCard becomes GIFT_CARD, as the schema spells the value.
    private static string EnumValueName(PaymentMethod method) =>
        string.Concat(method.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString()));
}

/// <summary>What the fields of a revenue need to read more of the same period.</summary>
/// <param name="Venue">The venue.</param>
/// <param name="Span">The whole period; null for ALL.</param>
/// <param name="ReachesTo">The moment up to which the figures reach.</param>
internal sealed record RevenueScope(IVenue Venue, (Instant From, Instant To)? Span, Instant ReachesTo);

/// <summary>The part of revenue that belongs to one provider, payment method, tier or performer.</summary>
/// <param name="Key">The provider, payment method, tier or performer, e.g. SQUARE or CARD.</param>
/// <param name="Total">What guests paid in captured transactions, tips included.</param>
/// <param name="Count">The number of captured transactions, refunded ones included.</param>
/// <param name="Net">The total less what has been refunded of it since.</param>
/// <param name="RefundsIssued">The refunds that were given in this period. A refund belongs to the provider and payment method of its
/// payment; the method is OTHER while the payment is unknown.</param>
/// <param name="NetAfterRefundsIssued">The total less refundsIssued.</param>
internal sealed record RevenueSlice(string Key, Money Total, long Count, Money Net, Money RefundsIssued, Money NetAfterRefundsIssued);

/// <summary>Answers from the totals by the quarter hour, hour, day and month.</summary>
internal sealed class VenueRevenue(RevenueReader reader, IClock clock)
{
    /// <summary>Revenue of the business day, ISO week, month or year that contains <paramref name="on"/>, or of all time. Requires an
    /// owner of the venue. The revenue of many venues or periods is read in one statement.</summary>
    /// <param name="period">The length of the period.</param>
    /// <param name="on">A business day within the period; the venue's today when left out. ALL ignores it.</param>
    public IDataLoaderResult<Revenue> Revenue(
        [Parent] IVenue venue,
        RevenuePeriod period,
        IResolveFieldContext context,
        LocalDate? on = null
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        var span = venue.SpanOf(period, on ?? venue.BusinessDateOf(clock.Now()));
        return BatchLoaders.Load<RevenueRequest, Revenue>(
            context,
            typeof(VenueRevenue),
            new RevenueRequest(venue, period, span),
            reader.ReadAsync,
            null!
        );
    }
}
