using Ingestion.Contracts;
using Rules.Spend;

namespace Rules.Rebuilds;

/// <summary>Stored spend of a user in one currency, and what it should be.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Currency">The currency.</param>
/// <param name="Stored">What is stored, in both ways of counting.</param>
/// <param name="Computed">What follows from the transactions.</param>
internal sealed record SpendDifference(
    string UserId,
    string Currency,
    (long Authorized, long Captured) Stored,
    (long Authorized, long Captured) Computed
)
{
    /// <summary>What is to be added to the stored spend.</summary>
    public SpendDelta ToCorrection(string venueId) =>
        new(venueId, UserId, Currency, checked(Computed.Authorized - Stored.Authorized), checked(Computed.Captured - Stored.Captured));
}

/// <summary>Compares the stored spend of a venue with its transactions. Pure.</summary>
internal static class SpendComparison
{
    /// <param name="venueId">The venue.</param>
    /// <param name="totals">What the users have spent by the transactions at a moment.</param>
    /// <param name="notHandled">The changes until that moment that the stored spend does not contain.</param>
    /// <param name="stored">The stored spend.</param>
    /// <remarks>The history of a guest who is to be forgotten says nothing of them any more, so their spend cannot be compared until it is
    /// deleted.</remarks>
    public static IReadOnlyList<SpendDifference> Compare(
        string venueId,
        IEnumerable<SpendTotal> totals,
        TransactionsChanged notHandled,
        IReadOnlyDictionary<(string UserId, string Currency), (long Authorized, long Captured)> stored
    )
    {
        var computed = totals.ToDictionary(t => (t.UserId, t.Currency), t => (Authorized: t.AuthorizedMinor, Captured: t.CapturedMinor));
        foreach (var delta in SpendDelta.FromChanges(notHandled.Changes))
        {
            var sum = computed.GetValueOrDefault((delta.UserId, delta.Currency));
            computed[(delta.UserId, delta.Currency)] = checked(
                (sum.Authorized - delta.AuthorizedMinor, sum.Captured - delta.CapturedMinor)
            );
        }
        var forgotten = notHandled.MemberChanges.Where(c => c.IntoUserId is null).Select(c => c.MemberId).ToHashSet();
        return
        [
            .. computed
                .Keys.Union(stored.Keys)
                .Where(k => computed.GetValueOrDefault(k) != stored.GetValueOrDefault(k))
                .Where(k => forgotten.Count == 0 || !forgotten.Contains(MemberIds.Of(venueId, k.UserId)))
                .Order()
                .Select(k => new SpendDifference(k.UserId, k.Currency, stored.GetValueOrDefault(k), computed.GetValueOrDefault(k))),
        ];
    }
}
