using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Integrations.Alerts;

/// <summary>What somebody has to look at now, the most urgent first; empty when all is well. It is found anew every ten seconds. For owners
/// of the venue and HEAD_MODERATOR.</summary>
internal sealed class VenueAlerts(IDbContextFactory<IntegrationsDb> dbFactory)
{
    public IDataLoaderResult<IEnumerable<Alert>> Alerts([Parent] IVenue venue, IResolveFieldContext context)
    {
        context.Caller().Demand(Right.ViewVenue, venue);
        return BatchLoaders.Load<string, IEnumerable<Alert>>(
            context,
            typeof(VenueAlerts),
            venue.Id,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var rows = await db
                    .Alerts.AsNoTracking()
                    .Where(a => ids.Contains(a.VenueId) && a.ClearedAt == null)
                    .ToListAsync(cancellationToken);
                return rows.OrderBy(a => AlertKinds.All.Index().FirstOrDefault(k => k.Item == a.Kind).Index)
                    .ThenBy(a => a.Since)
                    .GroupBy(a => a.VenueId)
                    .ToDictionary(g => g.Key, g => g.Select(a => new Alert(a)));
            },
            []
        );
    }
}
