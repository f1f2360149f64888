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
}
