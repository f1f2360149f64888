using Ingestion.Contracts;
using Integrations.Contracts;
using NodaTime;

namespace Analytics.Revenues;

/// <summary>Which of a venue's sums.</summary>
internal readonly record struct RevenueKey(string VenueId, Instant StartsAt, Provider Provider, PaymentMethod Method, string Currency);

/// <summary>How a sum moves. Minor units; may be negative.</summary>
internal readonly record struct RevenueDelta(long Count, long TotalMinor, long TipMinor, long RefundedMinor, long PendingMinor)
{
    /// <summary>The changes folded to one move for each sum; a pure function. A sale that changes its time or method leaves the one and joins the other.</summary>
    public static IReadOnlyList<(RevenueKey Key, RevenueDelta Delta)> Of(IEnumerable<TransactionChange> changes)
    {
        var sums = new Dictionary<RevenueKey, RevenueDelta>();
        foreach (var change in changes)
        {
            Add(change.VenueId, change.Before, -1);
            Add(change.VenueId, change.After, +1);
        }
        return [.. sums.Where(s => s.Value != default).Select(s => (s.Key, s.Value))];

        void Add(string venue, Sale? sale, int sign)
        {
            if (sale is null || !sale.Status.IsPaid())
                return;
            var key = new RevenueKey(venue, QuarterOf(sale.OccurredAt), sale.Provider, sale.Method, sale.Currency);
            sums[key] = sums.GetValueOrDefault(key).Plus(sale, sign);
        }
    }

    /// <summary>The start of the quarter of an hour, UTC.</summary>
    public static Instant QuarterOf(Instant at)
    {
        const long quarter = 15 * NodaConstants.TicksPerMinute;
        var ticks = at.ToUnixTimeTicks();
        return Instant.FromUnixTimeTicks(ticks - ((ticks % quarter) + quarter) % quarter);
    }

    private RevenueDelta Plus(Sale sale, int sign) => checked(sale.Status.IsCaptured()
        ? this with
        {
            Count = Count + (sale.IsRefundOnly ? 0 : sign), // it takes from net, and no guest has come with it
            TotalMinor = TotalMinor + sign * sale.TotalMinor,
            TipMinor = TipMinor + sign * sale.TipMinor,
            RefundedMinor = RefundedMinor + sign * sale.RefundedMinor,
        }
        : this with { PendingMinor = PendingMinor + sign * sale.TotalMinor });
}
