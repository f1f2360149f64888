using System.Security.Claims;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Rules.SpendRules;

/// <summary>Finds spend rules for node(id:), deleted ones too, because unlocks still show them. For owners of the venue and
/// HEAD_MODERATOR.</summary>
internal sealed class SpendRuleNodes(IDbContextFactory<RulesDb> dbFactory, IVenues venues) : INodeSource
{
    public async Task<IReadOnlyDictionary<string, INode>> FindAsync(
        IReadOnlyCollection<string> ids,
        ClaimsPrincipal? user,
        CancellationToken cancellationToken
    )
    {
        var (caller, keys) = (Caller.Of(user), NodeIds.ParseGuids(ids));
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var found = await db.SpendRules.AsNoTracking().Where(r => keys.Values.Contains(r.Id)).ToListAsync(cancellationToken);
        var visible = await venues.FindVisibleAsync(found.Select(r => r.VenueId), Right.ViewVenue, caller, cancellationToken);
        return keys.Match(found.Where(r => visible.ContainsKey(r.VenueId)), r => r.Id);
    }
}
