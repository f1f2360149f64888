using GraphQL;
using GraphQL.DataLoader;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using Rules.SpendRules;

namespace Rules.Members;

/// <summary>A move from one tier to another.</summary>
/// <param name="At">When.</param>
/// <param name="From">The tier before.</param>
/// <param name="To">The tier after.</param>
/// <param name="Reason">Why.</param>
/// <param name="UnlockId">The unlock that brought it.</param>
internal sealed record TierChange(Instant At, Tier From, Tier To, string Reason, Guid? UnlockId);

/// <summary>The member's tiers, the oldest move first.</summary>
internal sealed class MemberHistory(IDbContextFactory<RulesDb> dbFactory)
{
    public IDataLoaderResult<IEnumerable<TierChange>> History([Parent] Member member, IResolveFieldContext context) =>
        BatchLoaders.Load<string, IEnumerable<TierChange>>(
            context,
            (typeof(MemberHistory), member.Venue.Id),
            member.UserId,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var venueId = member.Venue.Id;
                var rows = await db
                    .TierHistory.AsNoTracking()
                    .Where(t => t.VenueId == venueId && ids.Contains(t.UserId))
                    .OrderBy(t => t.Id)
                    .ToListAsync(cancellationToken);
                return rows.GroupBy(t => t.UserId)
                    .ToDictionary(g => g.Key, g => g.Select(t => new TierChange(t.At, t.From, t.To, t.Reason, t.UnlockId)));
            },
            []
        );
}
