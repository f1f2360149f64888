using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Integrations.Connections;

/// <summary>The venue's POS connections, oldest first, including disconnected ones. For owners of the venue and HEAD_MODERATOR.</summary>
internal sealed class VenuePosConnections(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IntegrationsSettings settings,
    WebhookStatistics statistics,
    IClock clock
)
{
    /// <param name="status">Only connections with this status; null for all.</param>
    public IDataLoaderResult<IEnumerable<PosConnection>> PosConnections(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        PosConnectionStatus? status = null
    )
    {
        context.Caller().Demand(Right.ViewVenue, venue);
        return BatchLoaders.Load<string, IEnumerable<PosConnection>>(
            context,
            (typeof(VenuePosConnections), status),
            venue.Id,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var found = await db
                    .Connections.AsNoTracking()
                    .Where(c => ids.Contains(c.VenueId))
                    .OrderBy(c => c.Id)
                    .ToListAsync(cancellationToken);
                var now = clock.Now();
                return found
                    .Select(c => PosConnection.Of(statistics.AddPendingTo(c), settings.SecretCipher, now))
                    .Where(c => status is null || c.Status == status)
                    .GroupBy(c => c.VenueId)
                    .ToDictionary(g => g.Key, g => g.AsEnumerable());
            },
            []
        );
    }
}
