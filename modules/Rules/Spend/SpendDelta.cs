using Ingestion.Contracts;

namespace Rules.Spend;

/// <summary>How a user's spend at a venue moves. Minor units; may be negative.</summary>
internal sealed record SpendDelta(string VenueId, string UserId, string Currency, long AuthorizedMinor, long CapturedMinor)
{
    /// <summary>The changes folded to one move for each user and currency; a pure function.</summary>
    public static IReadOnlyList<SpendDelta> Of(IEnumerable<TransactionChange> changes)
    {
        var sums = new Dictionary<(string Venue, string User, string Currency), (long Authorized, long Captured)>();
        foreach (var change in changes)
        {
            Add(change.VenueId, change.Before, -1);
            Add(change.VenueId, change.After, +1);
        }
        return [.. sums.Where(s => s.Value != default).Select(s => new SpendDelta(s.Key.Venue, s.Key.User, s.Key.Currency, s.Value.Authorized, s.Value.Captured))];

        void Add(string venue, Sale? sale, int sign)
        {
            if (sale?.UserId is not { } user || !sale.Status.IsPaid())
                return;
            var sum = sums.GetValueOrDefault((venue, user, sale.Currency));
            checked
            {
                sum.Authorized += sign * sale.NetMinor;
                sum.Captured += sale.Status.IsCaptured() ? sign * sale.NetMinor : 0;
            }
            sums[(venue, user, sale.Currency)] = sum;
        }
    }
}
