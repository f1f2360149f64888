using System.Security.Claims;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Integrations.Venues;

/// <summary>Finds venues for node(id:). For owners of the venue and HEAD_MODERATOR.</summary>
internal sealed class VenueNodes(IDbContextFactory<IntegrationsDb> dbFactory) : INodeSource
{
    public async Task<IReadOnlyDictionary<string, INode>> FindAsync(
        IReadOnlyCollection<string> ids,
        ClaimsPrincipal? user,
        CancellationToken cancellationToken
    )
    {
        var caller = Caller.Of(user);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var found = await db.Venues.AsNoTracking().Where(v => ids.Contains(v.Id)).ToListAsync(cancellationToken);
        return found.Where(v => caller.May(Right.ViewVenue, v)).ToDictionary(v => v.Id, v => (INode)v);
    }
}
