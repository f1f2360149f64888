using GraphQL;
using GraphQL.DataLoader;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel;
using PosModular.Kernel.Schema;

namespace Rules.Members;

/// <summary>Net spend at this venue in all time, one amount for each currency, counted as the venue counts (rulesCountFrom).</summary>
internal sealed class MemberSpend(IDbContextFactory<RulesDb> dbs)
{
    public IDataLoaderResult<IEnumerable<Money>> LifetimeSpend([Parent] Member member, IResolveFieldContext context) =>
        BatchLoaders.Ask<string, IEnumerable<Money>>(context, (typeof(MemberSpend), member.Venue.Id), member.UserId, async (ids, ct) =>
        {
            await using var db = await dbs.CreateDbContextAsync(ct);
            var (venueId, countFrom) = (member.Venue.Id, member.Venue.RulesCountFrom);
            var rows = await db.PatronSpend.AsNoTracking().Where(s => s.VenueId == venueId && ids.Contains(s.UserId)).OrderBy(s => s.Currency).ToListAsync(ct);
            return rows.GroupBy(s => s.UserId).ToDictionary(g => g.Key, g => g.Select(s => new Money(s.Minor(countFrom), s.Currency)));
        }, []);
}
