using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Integrations.OutgoingWebhooks;

/// <summary>The addresses of other systems to which the venue's events are sent, the oldest first. Requires an owner of the
/// venue.</summary>
internal sealed class VenueWebhookEndpoints(IDbContextFactory<IntegrationsDb> dbFactory)
{
    public async Task<IEnumerable<WebhookEndpoint>> WebhookEndpointsAsync(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db
            .WebhookEndpoints.AsNoTracking()
            .Where(e => e.VenueId == venue.Id)
            .OrderBy(e => e.Id)
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(e => new WebhookEndpoint(e));
    }
}
