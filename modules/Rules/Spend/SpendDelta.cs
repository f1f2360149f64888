using Ingestion.Contracts;

namespace Rules.Spend;

/// <summary>By how much a user's lifetime spend at a venue changes, in minor units; may be negative.</summary>
internal sealed record SpendDelta(string VenueId, string UserId, string Currency, long AuthorizedMinor, long CapturedMinor)
{
    /// <summary>Sums the changes up to one delta for each user and currency and leaves out those that come to zero. Pure.</summary>
    public static IReadOnlyList<SpendDelta> FromChanges(IEnumerable<TransactionChange> changes)
    {
        var sums = new Dictionary<(string Venue, string User, string Currency), (long Authorized, long Captured)>();
        foreach (var change in changes)
        {
            Add(change.VenueId, change.Before, -1);
            Add(change.VenueId, change.After, +1);
        }
        return
        [
            .. sums.Where(s => s.Value != default)
                .Select(s => new SpendDelta(s.Key.Venue, s.Key.User, s.Key.Currency, s.Value.Authorized, s.Value.Captured)),
        ];

        void Add(string venueId, TransactionState? transaction, int sign)
        {
            if (transaction?.UserId is not { } userId || !transaction.Status.IsPaid())
                return;
            var sum = sums.GetValueOrDefault((venueId, userId, transaction.Currency));
            checked
            {
                sum.Authorized += sign * transaction.NetMinor;
                sum.Captured += transaction.Status.IsCaptured() ? sign * transaction.NetMinor : 0;
            }
            sums[(venueId, userId, transaction.Currency)] = sum;
        }
    }
}
