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

/// <summary>By how much the totals of a bucket change; the figures may be negative.</summary>
internal readonly record struct RevenueDelta(RevenueBucketKey Key, SalesFigures Figures)
{
    /// <summary>Sums the changes up to one delta for each bucket and leaves out those that come to zero. Pure. A transaction that changes
    /// its time or payment method leaves one bucket and enters another. A refund is added where its payment is, as refunded, and at its
    /// own time, as issued.</summary>
    public static IReadOnlyList<RevenueDelta> FromChanges(TransactionsChanged changes)
    {
        var sums = new Dictionary<RevenueBucketKey, SalesFigures>();
        foreach (var change in changes.Changes)
        {
            if (change.Before is { } before)
                Add(KeyOf(change.VenueId, before), -SalesFigures.Of(before));
            Add(KeyOf(change.VenueId, change.After), SalesFigures.Of(change.After));
        }
        foreach (var refund in changes.RefundsIssued)
            Add(
                new RevenueBucketKey(
                    refund.VenueId,
                    RevenueLevel.QuarterHour.StartOf(refund.IssuedAt),
                    refund.Provider,
                    refund.Method,
                    refund.Currency
                ),
                new SalesFigures { RefundsIssuedMinor = refund.AmountMinor }
            );
        return [.. sums.Where(s => s.Value != default).Select(s => new RevenueDelta(s.Key, s.Value))];

        void Add(RevenueBucketKey key, SalesFigures figures)
        {
            if (figures != default)
                sums[key] = sums.GetValueOrDefault(key) + figures;
        }
    }

    /// <summary>Sums the deltas of buckets up to one for each hour, day and month, and leaves out those that come to zero. Pure.</summary>
    public static IReadOnlyList<(RevenueLevel Level, RevenueDelta Delta)> RollUp(IReadOnlyCollection<RevenueDelta> deltas) =>
        [
            .. from level in new[] { RevenueLevel.Hour, RevenueLevel.Day, RevenueLevel.Month }
            from delta in deltas
            group delta.Figures by (Level: level, Key: delta.Key with { StartsAt = level.StartOf(delta.Key.StartsAt) }) into rollUp
            let sum = SalesFigures.Sum(rollUp)
            where sum != default
            select (rollUp.Key.Level, new RevenueDelta(rollUp.Key.Key, sum)),
        ];

    private static RevenueBucketKey KeyOf(string venueId, TransactionState transaction) =>
        new(
            venueId,
            RevenueLevel.QuarterHour.StartOf(transaction.OccurredAt),
            transaction.Provider,
            transaction.Method,
            transaction.Currency
        );
}
