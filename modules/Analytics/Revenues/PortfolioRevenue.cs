using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Time;

namespace Analytics.Revenues;

/// <summary>Revenue of several venues in one currency. Amounts of different currencies are never added. The figures are those of
/// Revenue.</summary>
/// <param name="Currency">The currency as an ISO 4217 code.</param>
/// <param name="Total">What guests paid in captured transactions, tips included.</param>
/// <param name="Count">The number of captured transactions, refunded ones included.</param>
/// <param name="Average">The total divided by the count, in minor units rounded half to even; 0 without transactions.</param>
/// <param name="Net">The total less refunded.</param>
/// <param name="Refunded">What has been refunded so far of the payments of this period, whenever it was refunded.</param>
/// <param name="RefundsIssued">The refunds that were given in this period, whatever the dates of their payments.</param>
/// <param name="NetAfterRefundsIssued">The total less refundsIssued.</param>
/// <param name="Tip">The tips within the total.</param>
/// <param name="ByVenue">The part of each venue with a sale or a refund in this currency, the largest total first; its key is the venue's
/// id.</param>
/// <param name="AsOf">When the figures were read.</param>
/// <param name="PendingChanges">How many recorded changes of these venues are not included in the figures yet.</param>
internal sealed record PortfolioRevenue(
    string Currency,
    Money Total,
    long Count,
    Money Average,
    Money Net,
    Money Refunded,
    Money RefundsIssued,
    Money NetAfterRefundsIssued,
    Money Tip,
    IReadOnlyList<RevenueSlice> ByVenue,
    Instant AsOf,
    long PendingChanges
)
{
    /// <summary>Adds up the revenue of venues, one sum for each currency in the order of their codes. Pure.</summary>
    public static IReadOnlyList<PortfolioRevenue> Of(IReadOnlyCollection<Revenue> revenues) =>
        [
            .. from revenue in revenues
            from ofCurrency in revenue.OtherCurrencies.Prepend(revenue)
            group ofCurrency by ofCurrency.Currency into g
            orderby g.Key
            let total = Sum(g, r => r.Total)
            let count = g.Sum(r => r.Count)
            let issued = Sum(g, r => r.RefundsIssued)
            select new PortfolioRevenue(
                g.Key,
                total,
                count,
                new(Money.Average(total.AmountMinor, count), g.Key),
                Sum(g, r => r.Net),
                Sum(g, r => r.Refunded),
                issued,
                new(checked(total.AmountMinor - issued.AmountMinor), g.Key),
                Sum(g, r => r.Tip),
                RevenueSlices.Of(g.Select(r => (r.Scope.Venue.Id, FiguresOf(r))), g.Key),
                g.Min(r => r.AsOf),
                g.Sum(r => r.PendingChanges)
            ),
        ];

    private static Money Sum(IGrouping<string, Revenue> revenues, Func<Revenue, Money> figure) =>
        new(revenues.Sum(r => figure(r).AmountMinor), revenues.Key);

    private static SalesFigures FiguresOf(Revenue revenue) =>
        new()
        {
            Count = revenue.Count,
            TotalMinor = revenue.Total.AmountMinor,
            RefundedMinor = revenue.Refunded.AmountMinor,
            RefundsIssuedMinor = revenue.RefundsIssued.AmountMinor,
        };
}

/// <summary>Answers from the totals by the quarter hour, hour, day and month, in one statement for all venues.</summary>
internal sealed class GetPortfolioRevenue(IVenues venues, RevenueReader reader, IClock clock)
{
    /// <summary>Revenue of all venues that you own, one sum for each currency: of the business day, ISO week, month or year that contains
    /// <paramref name="on"/>, each venue by its own time zone and day cut-off, or of all time. Empty when you own no venue.</summary>
    /// <param name="period">The length of the period.</param>
    /// <param name="on">A business day within the period; each venue's own today when left out. ALL ignores it.</param>
    public async Task<IEnumerable<PortfolioRevenue>> PortfolioRevenueAsync(
        RevenuePeriod period,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        LocalDate? on = null
    )
    {
        var (caller, now) = (context.Caller(), clock.Now());
        var requests = (await venues.ListOwnedAsync(caller.UserId, cancellationToken))
            .Where(v => caller.May(Right.ViewTransactions, v))
            .Select(v => new RevenueRequest(v, period, v.SpanOf(period, on ?? v.BusinessDateOf(now))))
            .ToArray();
        return requests.Length == 0 ? [] : PortfolioRevenue.Of([.. (await reader.ReadAsync(requests, cancellationToken)).Values]);
    }
}
