using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Data;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>The sums of transactions in one currency. All of them are counted; the amounts cover what guests have paid or are committed to
/// pay, which is authorised and captured payments.</summary>
/// <param name="Currency">The currency as an ISO 4217 code.</param>
/// <param name="Count">The number of transactions, in whatever state.</param>
/// <param name="Total">What guests paid in authorised and captured transactions, tips included.</param>
/// <param name="Net">The total less refunds.</param>
/// <param name="Refunded">The amount refunded so far.</param>
/// <param name="Tip">The tips within the total.</param>
internal sealed record TransactionTotals(string Currency, long Count, Money Total, Money Net, Money Refunded, Money Tip);

/// <summary>The sums of all transactions that the filter selects, on whichever page, one for each currency in the order of their codes.
/// They are computed only when this field is requested. INVALID_INPUT when that takes longer than five seconds.</summary>
internal sealed class TransactionConnectionTotals(IDbContextFactory<IngestionDb> dbFactory)
{
    private static readonly TransactionStatus[] Paid = [.. Enum.GetValues<TransactionStatus>().Where(s => s.IsPaid())];

    public async Task<IEnumerable<TransactionTotals>> TotalsAsync(
        [Parent] TransactionConnection connection,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var sums = await db.BoundedAsync("Narrow the filter, for example by from and to.", () => connection
                .Selection.Rows(db)
                .GroupBy(t => t.Currency)
                .Select(g => new
                {
                    Currency = g.Key,
                    Count = g.LongCount(),
                    Total = g.Sum(t => Paid.Contains(t.Status) ? t.TotalMinor : 0),
                    Refunded = g.Sum(t => Paid.Contains(t.Status) ? t.RefundedMinor : 0),
                    Tip = g.Sum(t => Paid.Contains(t.Status) ? t.TipMinor : 0),
                })
                .OrderBy(s => s.Currency)
                .ToListAsync(cancellationToken));
        return sums.ConvertAll(s => new TransactionTotals(
            s.Currency,
            s.Count,
            new(s.Total, s.Currency),
            new(s.Total - s.Refunded, s.Currency),
            new(s.Refunded, s.Currency),
            new(s.Tip, s.Currency)
        ));
    }
}
