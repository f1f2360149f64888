using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts;
using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Integrations.Connections;

/// <summary>The venue's tills, the oldest connection first; one that was cut off stays listed.</summary>
internal sealed class VenuePosConnections(
    IDbContextFactory<IntegrationsDb> dbs,
    IntegrationsSettings settings,
    WebhookNotes notes,
    IClock clock
)
{
    /// <param name="status">Only those that are so.</param>
    public IDataLoaderResult<IEnumerable<PosConnection>> PosConnections(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        PosConnectionStatus? status = null
    )
    {
        context.Caller().Demand(Right.SeeVenue, venue);
        return BatchLoaders.Load<string, IEnumerable<PosConnection>>(
            context,
            (typeof(VenuePosConnections), status),
            venue.Id,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbs.CreateDbContextAsync(cancellationToken);
                var found = await db
                    .Connections.AsNoTracking()
                    .Where(c => ids.Contains(c.VenueId))
                    .OrderBy(c => c.Id)
                    .ToListAsync(cancellationToken);
                var now = clock.Now();
                return found
                    .Select(c => PosConnection.Of(notes.AddTo(c), settings.Vault, now))
                    .Where(c => status is null || c.Status == status)
                    .GroupBy(c => c.VenueId)
                    .ToDictionary(g => g.Key, g => g.AsEnumerable());
            },
            []
        );
    }
}
