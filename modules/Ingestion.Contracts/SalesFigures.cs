using System.Data.Common;

namespace Ingestion.Contracts;

/// <summary>What transactions and refunds add up to, or by how much that changes. Amounts are in minor units of one currency and may be
/// negative. A sum beyond 64 bits is an OverflowException.</summary>
public readonly record struct SalesFigures
{
    /// <summary>The number of captured transactions, without refunds whose payment is unknown.</summary>
    public long Count { get; init; }

    /// <summary>What guests paid in captured transactions, tips included.</summary>
    public long TotalMinor { get; init; }

    /// <summary>The tips within the total.</summary>
    public long TipMinor { get; init; }

    /// <summary>The amount refunded so far, by the time of the payment.</summary>
    public long RefundedMinor { get; init; }

    /// <summary>The total of transactions that are authorised and not yet captured.</summary>
    public long PendingMinor { get; init; }

    /// <summary>The refunds that were given, by the time of the refund.</summary>
    public long RefundsIssuedMinor { get; init; }

    /// <summary>The tax within the total, as far as breakdowns are known.</summary>
    public long TaxMinor { get; init; }

    /// <summary>The discounts that were taken off before the total, as far as breakdowns are known.</summary>
    public long DiscountMinor { get; init; }

    /// <summary>The service charges within the total, as far as breakdowns are known.</summary>
    public long ServiceChargeMinor { get; init; }

    /// <summary>The number of captured transactions whose breakdown is still to be fetched.</summary>
    public long IncompleteCount { get; init; }

    /// <summary>The total less the amount refunded so far.</summary>
    public long NetMinor => checked(TotalMinor - RefundedMinor);

    public static SalesFigures operator +(SalesFigures a, SalesFigures b) =>
        checked(
            new SalesFigures
            {
                Count = a.Count + b.Count,
                TotalMinor = a.TotalMinor + b.TotalMinor,
                TipMinor = a.TipMinor + b.TipMinor,
                RefundedMinor = a.RefundedMinor + b.RefundedMinor,
                PendingMinor = a.PendingMinor + b.PendingMinor,
                RefundsIssuedMinor = a.RefundsIssuedMinor + b.RefundsIssuedMinor,
                TaxMinor = a.TaxMinor + b.TaxMinor,
                DiscountMinor = a.DiscountMinor + b.DiscountMinor,
                ServiceChargeMinor = a.ServiceChargeMinor + b.ServiceChargeMinor,
                IncompleteCount = a.IncompleteCount + b.IncompleteCount,
            }
        );

    public static SalesFigures operator -(SalesFigures a) =>
        checked(
            new SalesFigures
            {
                Count = -a.Count,
                TotalMinor = -a.TotalMinor,
                TipMinor = -a.TipMinor,
                RefundedMinor = -a.RefundedMinor,
                PendingMinor = -a.PendingMinor,
                RefundsIssuedMinor = -a.RefundsIssuedMinor,
                TaxMinor = -a.TaxMinor,
                DiscountMinor = -a.DiscountMinor,
                ServiceChargeMinor = -a.ServiceChargeMinor,
                IncompleteCount = -a.IncompleteCount,
            }
        );

    public static SalesFigures operator -(SalesFigures a, SalesFigures b) => a + -b;

    /// <summary>Adds figures up.</summary>
    public static SalesFigures Sum(IEnumerable<SalesFigures> figures) => figures.Aggregate(default(SalesFigures), (a, b) => a + b);

    /// <summary>What one transaction adds to the sums at its time. Refunds are added at theirs (<see cref="RefundIssued"/>).</summary>
    public static SalesFigures Of(TransactionState transaction) =>
        transaction.Status.IsCaptured()
            ? new SalesFigures
            {
                // An unlinked refund lowers net revenue and is no purchase.
                Count = transaction.IsRefundOnly ? 0 : 1,
                TotalMinor = transaction.TotalMinor,
                TipMinor = transaction.TipMinor,
                RefundedMinor = transaction.RefundedMinor,
                TaxMinor = transaction.TaxMinor,
                DiscountMinor = transaction.DiscountMinor,
                ServiceChargeMinor = transaction.ServiceChargeMinor,
                IncompleteCount = transaction.IsRefundOnly || transaction.BreakdownComplete ? 0 : 1,
            }
        : transaction.Status.IsPaid() ? new SalesFigures { PendingMinor = transaction.TotalMinor }
        : default;

    /// <summary>Reads the figures from ten columns of a row, in the order of the properties.</summary>
    public static SalesFigures Read(DbDataReader row, int at) =>
        new()
        {
            Count = row.GetInt64(at),
            TotalMinor = row.GetInt64(at + 1),
            TipMinor = row.GetInt64(at + 2),
            RefundedMinor = row.GetInt64(at + 3),
            PendingMinor = row.GetInt64(at + 4),
            RefundsIssuedMinor = row.GetInt64(at + 5),
            TaxMinor = row.GetInt64(at + 6),
            DiscountMinor = row.GetInt64(at + 7),
            ServiceChargeMinor = row.GetInt64(at + 8),
            IncompleteCount = row.GetInt64(at + 9),
        };
}
