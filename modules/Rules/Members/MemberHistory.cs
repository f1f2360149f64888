using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>A change of a member's tier.</summary>
/// <param name="At">When the tier changed.</param>
/// <param name="From">The tier before the change.</param>
/// <param name="To">The tier after the change.</param>
/// <param name="Reason">Why the tier changed, in words for people.</param>
/// <param name="UnlockId">The unlock that raised the tier; null when the tier fell.</param>
internal sealed record TierChange(Instant At, Tier From, Tier To, string Reason, Guid? UnlockId);

/// <summary>Every change of the member's tier, the oldest first.</summary>
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
