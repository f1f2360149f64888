using Ingestion.Contracts;
using NodaTime;
using NodaTime.Text;

namespace Analytics.Revenues;

/// <summary>Compares and corrects all revenue totals of a venue.</summary>
internal sealed class VenueRevenueRebuild(RevenueRebuild rebuild) : IVenueRebuild
{
    public async Task<IReadOnlyList<VenueDifference>?> RunAsync(string venueId, bool dryRun, CancellationToken cancellationToken)
    {
        var buckets = new List<RevenueBucketKey>();
        return await rebuild.RunAsync(venueId, Instant.MinValue, Instant.MaxValue, cancellationToken, buckets, dryRun)
            ?
            [
                .. buckets
                    .OrderBy(b => b.StartsAt)
                    .Select(b => new VenueDifference(
                        "the revenue of a quarter hour",
                        $"The revenue from {InstantPattern.ExtendedIso.Format(b.StartsAt)} on, by {b.Provider} and {b.PaymentMethod} in "
                            + $"{b.Currency}, is not the sum of the transactions."
                    )),
            ]
            : null;
    }
}
