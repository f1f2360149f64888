using Ingestion.Contracts;
using Ingestion.Transactions;
using NodaTime;
using PosModular.Kernel;

namespace Ingestion.Ledger;

/// <summary>Folds what was seen of payments into what is known: pure, and the same whatever the order and repetition of the sightings.</summary>
internal static class Fold
{
    /// <param name="known">The sales there are, by key.</param>
    /// <param name="heads">Where each venue's feed ends.</param>
    /// <param name="sightings">What was seen.</param>
    /// <param name="ownerOfCard">Whose card it is at that venue; null when it is nobody's.</param>
    /// <param name="now">The moment of recording.</param>
    public static Folded Apply(
        IReadOnlyDictionary<PaymentKey, SaleState> known, IReadOnlyDictionary<string, long> heads, IEnumerable<Sighting> sightings,
        Func<string, string, CardOwner?> ownerOfCard, Instant now)
    {
        var ends = new Dictionary<string, long>(heads);
        var (inserted, updated, versions) = (new List<SaleState>(), new List<SaleState>(), new List<NewVersion>());
        foreach (var group in sightings.GroupBy(s => s.Key))
        {
            var before = known.GetValueOrDefault(group.Key);
            // Told twice is told once, and what is already known is no news.
            var news = group.DistinctBy(s => s.Version).Where(s => s.Version != before?.Version).OrderBy(s => s.Version).ToArray();
            if (news.Length == 0)
                continue;
            var id = before?.Id ?? now.NewId();
            foreach (var sighting in news)
            {
                var seq = ends[group.Key.VenueId] = ends[group.Key.VenueId] + 1;
                var state = StateOf(sighting, before, id, ownerOfCard, now);
                var wins = sighting == news[^1] && (before is null || sighting.Version > before.Version);
                if (!wins)
                {
                    versions.Add(new NewVersion(seq, state, null, Applied: false, Added: false, sighting.Cause, sighting.CauseId));
                    continue;
                }
                var added = before?.AddedSeq is null && state.Status.IsPaid();
                var after = state with { LastSeq = seq, AddedSeq = added ? seq : before?.AddedSeq };
                versions.Add(new NewVersion(seq, after, before?.LastSeq, Applied: true, added, sighting.Cause, sighting.CauseId));
                (before is null ? inserted : updated).Add(after);
            }
        }
        return new Folded(inserted, updated, versions, ends);
    }

    private static SaleState StateOf(Sighting seen, SaleState? before, Guid id, Func<string, string, CardOwner?> ownerOfCard, Instant now)
    {
        // By hand stays, also untied by hand; so does what the same card has tied, though it may be somebody else's since. Else it is the owner
        // of the card of this very state, so that no earlier state can matter.
        var owner = seen.CardToken is null ? null : ownerOfCard(seen.Key.VenueId, seen.CardToken);
        var (user, by) = before?.MatchedBy == MatchedBy.Hand || (before?.MatchedBy == MatchedBy.Card && before.CardToken == seen.CardToken) ? (before.UserId, before.MatchedBy)
            : owner is not null && owner.Has(seen.Payment) ? (owner.UserId, MatchedBy.Card) : (null, (MatchedBy?)null);
        return new SaleState
        {
            Id = id,
            Key = seen.Key,
            ConnectionId = before?.ConnectionId ?? seen.ConnectionId,
            Payment = seen.Payment,
            Version = seen.Version,
            CardToken = seen.CardToken,
            UserId = user,
            MatchedBy = by,
            RecordedAt = before?.RecordedAt ?? now,
        };
    }
}
