using Ingestion.Contracts;

namespace Analytics.Revenues;

/// <summary>Divides revenue into slices.</summary>
internal static class RevenueSlices
{
    /// <summary>Adds the parts up by key, leaves out slices without a sale and without a refund, and sorts the largest total
    /// first.</summary>
    public static RevenueSlice[] Of(IEnumerable<(string Key, SalesFigures Figures)> parts, string currency) =>
        [
            .. from part in parts
            group part.Figures by part.Key into slice
            let sum = SalesFigures.Sum(slice)
            where sum.Count > 0 || sum.NetMinor != 0 || sum.RefundsIssuedMinor != 0
            orderby sum.TotalMinor descending, slice.Key
            select new RevenueSlice(
                slice.Key,
                new(sum.TotalMinor, currency),
                sum.Count,
                new(sum.NetMinor, currency),
                new(sum.RefundsIssuedMinor, currency),
                new(checked(sum.TotalMinor - sum.RefundsIssuedMinor), currency)
            ),
        ];
}
