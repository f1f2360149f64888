using Integrations.Contracts.Connections;

namespace Ingestion.Ledger;

/// <summary>Shares an order's amounts among the payments that paid it, in proportion to what each paid without its tip. The shares add up
/// exactly: they are rounded down, and the units that are left go to the largest remainders.</summary>
internal static class OrderShares
{
    /// <param name="order">The amounts of the whole order.</param>
    /// <param name="weights">What each payment paid without its tip, 0 or more, in a fixed order. If all are 0, the first takes
    /// everything.</param>
    public static PosBreakdown[] Of(PosBreakdown order, IReadOnlyList<long> weights)
    {
        var (tax, discount, charge) = (
            Of(order.TaxMinor, weights),
            Of(order.DiscountMinor, weights),
            Of(order.ServiceChargeMinor, weights)
        );
        return [.. weights.Select((_, i) => new PosBreakdown(tax[i], discount[i], charge[i]))];
    }

    public static long[] Of(long amount, IReadOnlyList<long> weights)
    {
        var shares = new long[weights.Count];
        if (shares.Length == 0)
            return shares;
        var all = weights.Aggregate(Int128.Zero, (sum, w) => sum + w);
        if (all == 0)
        {
            shares[0] = amount;
            return shares;
        }
        var remainders = new (Int128 Remainder, int At)[shares.Length];
        var left = Int128.Abs(amount);
        for (var i = 0; i < shares.Length; i++)
        {
            var (share, remainder) = Int128.DivRem(Int128.Abs(amount) * weights[i], all);
            shares[i] = (long)share;
            remainders[i] = (remainder, i);
            left -= share;
        }
        // Fewer units are left than there are shares, so no share gets more than one.
        foreach (var (_, at) in remainders.OrderByDescending(r => r.Remainder).ThenBy(r => r.At).Take((int)left))
            shares[at]++;
        return amount < 0 ? [.. shares.Select(s => -s)] : shares;
    }
}
