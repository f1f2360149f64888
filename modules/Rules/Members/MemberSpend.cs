using GraphQL;
using GraphQL.DataLoader;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>What the member has spent at the venue in all time, refunds subtracted, as one amount for each currency. The venue's
/// rulesCountFrom decides whether authorised payments count.</summary>
internal sealed class MemberSpend(IDbContextFactory<RulesDb> dbFactory)
{
    public IDataLoaderResult<IEnumerable<Money>> LifetimeSpend([Parent] Member member, IResolveFieldContext context) =>
        BatchLoaders.Load<string, IEnumerable<Money>>(
            context,
            (typeof(MemberSpend), member.Venue.Id),
            member.UserId,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var (venueId, countFrom) = (member.Venue.Id, member.Venue.RulesCountFrom);
                var rows = await db
                    .LifetimeSpend.AsNoTracking()
                    .Where(s => s.VenueId == venueId && ids.Contains(s.UserId))
                    .OrderBy(s => s.Currency)
                    .ToListAsync(cancellationToken);
                return rows.GroupBy(s => s.UserId)
                    .ToDictionary(g => g.Key, g => g.Select(s => new Money(s.CountedMinor(countFrom), s.Currency)));
            },
            []
        );
}
