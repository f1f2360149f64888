using Ingestion.Contracts;
using PosModular.Kernel.Schema;

namespace Analytics.Revenues;

/// <summary>Revenue by the tier that the guest held at the time of each transaction, the largest total first. The key is GUEST, REGULAR,
/// PLATINUM or WHALE, or NONE for transactions that are matched to nobody. A transaction that unlocks a tier still belongs to the tier
/// before. A refund in refundsIssued belongs to the tier that the guest held when it was given. It is added up from the transactions
/// themselves, so it may be ahead of total by pendingChanges. INVALID_INPUT when that takes longer than five seconds.</summary>
internal sealed class RevenueByTier(ISalesHistory history, IMemberTiers tiers)
{
    private const string Everything = "";

    public async Task<IEnumerable<RevenueSlice>> ByTierAsync([Parent] Revenue revenue, CancellationToken cancellationToken)
    {
        var held = (await tiers.ListAboveGuestAsync(revenue.Scope.Venue.Id, cancellationToken))
            .Where(t => revenue.To is not { } end || t.From < end)
            .Where(t => revenue.From is not { } start || t.To is not { } until || until > start)
            .Select(t => new SalesSpan(
                KeyOf(t.Tier),
                revenue.From is { } from && from > t.From ? from : t.From,
                revenue.To is { } to && (t.To is not { } until || to < until) ? to : t.To,
                t.UserId
            ));
        var sums = (
            await history.SumAsync(
                revenue.Scope.Venue.Id,
                [new SalesSpan(Everything, revenue.From, revenue.To), .. held],
                cancellationToken
            )
        ).Where(s => s.Currency == revenue.Currency);
        return RevenueSlices.Of(
            sums.SelectMany(s =>
                s.Key == Everything
                    ? [(s.IsMatched ? KeyOf(Tier.Guest) : "NONE", s.Figures)]
                    : new[] { (s.Key, s.Figures), (KeyOf(Tier.Guest), -s.Figures) }
            ),
            revenue.Currency
        );
    }

    private static string KeyOf(Tier tier) => tier.ToString().ToUpperInvariant();
}
