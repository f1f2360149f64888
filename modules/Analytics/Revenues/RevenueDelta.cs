using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Analytics.Revenues;

/// <summary>Identifies a revenue bucket.</summary>
internal readonly record struct RevenueBucketKey(
    string VenueId,
    Instant StartsAt,
    Provider Provider,
    PaymentMethod PaymentMethod,
    string Currency
);

/// <summary>By how much the totals of a bucket change, in minor units; may be negative.</summary>
internal readonly record struct RevenueDelta(long Count, long TotalMinor, long TipMinor, long RefundedMinor, long PendingMinor)
{
    /// <summary>Sums the changes up to one delta for each bucket and leaves out those that come to zero. Pure. A transaction that changes
    /// its time or payment method leaves one bucket and enters another.</summary>
    public static IReadOnlyList<(RevenueBucketKey Key, RevenueDelta Delta)> FromChanges(IEnumerable<TransactionChange> changes)
    {
        var sums = new Dictionary<RevenueBucketKey, RevenueDelta>();
        foreach (var change in changes)
        {
            Add(change.VenueId, change.Before, -1);
            Add(change.VenueId, change.After, +1);
        }
        return [.. sums.Where(s => s.Value != default).Select(s => (s.Key, s.Value))];

        void Add(string venueId, TransactionState? transaction, int sign)
        {
            if (transaction is null || !transaction.Status.IsPaid())
                return;
            var key = new RevenueBucketKey(
                venueId,
                RevenueLevel.QuarterHour.StartOf(transaction.OccurredAt),
                transaction.Provider,
                transaction.Method,
                transaction.Currency
            );
            sums[key] = sums.GetValueOrDefault(key).Plus(transaction, sign);
        }
    }

    /// <summary>Sums the deltas of buckets up to one for each hour, day and month, and leaves out those that come to zero. Pure.</summary>
    public static IReadOnlyList<(RevenueLevel Level, RevenueBucketKey Key, RevenueDelta Delta)> RollUp(
        IReadOnlyCollection<(RevenueBucketKey Key, RevenueDelta Delta)> deltas
    ) =>
        [
            .. from level in new[] { RevenueLevel.Hour, RevenueLevel.Day, RevenueLevel.Month }
            from delta in deltas
            group delta.Delta by (Level: level, Key: delta.Key with { StartsAt = level.StartOf(delta.Key.StartsAt) }) into rollUp
            let sum = rollUp.Aggregate((a, b) => a + b)
            where sum != default
            select (rollUp.Key.Level, rollUp.Key.Key, sum),
        ];

    public static RevenueDelta operator +(RevenueDelta a, RevenueDelta b) =>
        checked(
            new(
                a.Count + b.Count,
                a.TotalMinor + b.TotalMinor,
                a.TipMinor + b.TipMinor,
                a.RefundedMinor + b.RefundedMinor,
                a.PendingMinor + b.PendingMinor
            )
        );

    private RevenueDelta Plus(TransactionState transaction, int sign) =>
        checked(
            transaction.Status.IsCaptured()
                ? this with
                {
                    Count = Count + (transaction.IsRefundOnly ? 0 : sign), // An unlinked refund lowers net revenue and is no purchase.
                    TotalMinor = TotalMinor + sign * transaction.TotalMinor,
                    TipMinor = TipMinor + sign * transaction.TipMinor,
                    RefundedMinor = RefundedMinor + sign * transaction.RefundedMinor,
                }
                : this with
                {
                    PendingMinor = PendingMinor + sign * transaction.TotalMinor,
                }
        );
}
