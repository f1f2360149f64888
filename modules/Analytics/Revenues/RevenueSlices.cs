using Ingestion.Contracts;

namespace Analytics.Revenues;

/// <summary>Divides revenue into slices.</summary>
internal static class RevenueSlices
{
    /// <summary>A sum, or with −1 its opposite, which takes it out of another slice.</summary>
    public static (long Total, long Count, long Net) Part(SalesSum sum, int sign) =>
        (sign * sum.TotalMinor, sign * sum.Count, sign * (sum.TotalMinor - sum.RefundedMinor));

    /// <summary>Adds the parts up by key, leaves out slices without a sale, and sorts the largest total first.</summary>
    public static RevenueSlice[] Of(IEnumerable<(string Key, (long Total, long Count, long Net) Part)> parts, string currency) =>
        [
            .. parts
                .GroupBy(p => p.Key)
                .Select(g => new RevenueSlice(
                    g.Key,
                    new(g.Sum(p => p.Part.Total), currency),
                    g.Sum(p => p.Part.Count),
                    new(g.Sum(p => p.Part.Net), currency)
                ))
                .Where(s => s.Count > 0)
                .OrderByDescending(s => s.Total.AmountMinor)
                .ThenBy(s => s.Key, StringComparer.Ordinal),
        ];
}
