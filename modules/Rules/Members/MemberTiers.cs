using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Rules.Members;

/// <summary>Answers from the members of a venue.</summary>
internal sealed class MemberTiers(IDbContextFactory<RulesDb> dbFactory) : IMemberTiers
{
    public async Task<IReadOnlyList<string>> ListUserIdsAsync(string venueId, Tier tier, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .Members.AsNoTracking()
            .Where(m => m.VenueId == venueId && m.Tier == tier)
            .Select(m => m.UserId)
            .ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<HeldTier>> ListAboveGuestAsync(string venueId, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var changes = await db
            .TierHistory.AsNoTracking()
            .Where(t => t.VenueId == venueId)
            .OrderBy(t => t.UserId)
            .ThenBy(t => t.At)
            .ThenBy(t => t.Id)
            .Select(t => new
            {
                t.UserId,
                t.At,
                t.To,
            })
            .ToListAsync(cancellationToken);
        var held = new List<HeldTier>();
        foreach (var (i, change) in changes.Index())
            if (change.To != Tier.Guest)
                held.Add(
                    new HeldTier(
                        change.UserId,
                        change.To,
                        change.At,
                        i + 1 < changes.Count && changes[i + 1].UserId == change.UserId ? changes[i + 1].At : null
                    )
                );
        return held;
    }
}
