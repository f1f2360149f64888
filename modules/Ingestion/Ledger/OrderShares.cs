using Integrations.Contracts.Connections;

namespace Ingestion.Ledger;

/// <summary>An order's amounts shared among the payments that paid it, by what each paid without its tip. No minor unit is lost or made: what
/// rounding down leaves goes to the largest remainders.</summary>
internal static class OrderShares
{
    /// <param name="order">Of the whole order.</param>
    /// <param name="weights">What each payment paid without its tip, 0 or more, in a fixed order; the first takes all when nobody paid anything.</param>
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
        // Fewer are left than there are shares, so each gets one more at most.
        foreach (var (_, at) in remainders.OrderByDescending(r => r.Remainder).ThenBy(r => r.At).Take((int)left))
            shares[at]++;
        return amount < 0 ? [.. shares.Select(s => -s)] : shares;
    }
}
