using GraphQL;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel;
using PosModular.Kernel.Schema;

namespace Rules.Spend;

/// <summary>A user as this venue knows him.</summary>
/// <param name="UserId">The sub claim of the user's token.</param>
/// <param name="LifetimeSpend">Net spend at this venue, one amount for each currency.</param>
internal sealed record Member([property: Id] string UserId, IReadOnlyList<Money> LifetimeSpend);

/// <summary>Null for somebody without a sale here. Owner only.</summary>
internal sealed class VenueMember(IDbContextFactory<RulesDb> dbs)
{
    /// <param name="userId">The sub claim of the user's token.</param>
    public async Task<Member?> Member([Parent] IVenue venue, [Id] string userId, IResolveFieldContext context, CancellationToken ct)
    {
        context.Caller().Demand(Right.SeeSales, venue);
        await using var db = await dbs.CreateDbContextAsync(ct);
        var spend = await db.PatronSpend.AsNoTracking().Where(s => s.VenueId == venue.Id && s.UserId == userId).OrderBy(s => s.Currency).ToListAsync(ct);
        return spend.Count == 0 ? null : new Member(userId, spend.ConvertAll(s => new Money(s.Minor(venue.RulesCountFrom), s.Currency)));
    }
}
