using System.Security.Claims;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Integrations.Connections;

/// <summary>Finds POS connections for node(id:). For owners of the venue and HEAD_MODERATOR.</summary>
internal sealed class PosConnectionNodes(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IVenues venues,
    IntegrationsSettings settings,
    WebhookStatistics statistics,
    IClock clock
) : INodeSource
{
    public async Task<IReadOnlyDictionary<string, INode>> FindAsync(
        IReadOnlyCollection<string> ids,
        ClaimsPrincipal? user,
        CancellationToken cancellationToken
    )
    {
        var (caller, keys, now) = (Caller.Of(user), NodeIds.ParseGuids(ids), clock.Now());
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var found = await db.Connections.AsNoTracking().Where(c => keys.Values.Contains(c.Id)).ToListAsync(cancellationToken);
        var visible = await venues.FindVisibleAsync(found.Select(c => c.VenueId), Right.ViewVenue, caller, cancellationToken);
        return keys.Match(
            found
                .Where(c => visible.ContainsKey(c.VenueId))
                .Select(c => PosConnection.Of(statistics.AddPendingTo(c), settings.SecretCipher, now)),
            c => c.Id
        );
    }
}
