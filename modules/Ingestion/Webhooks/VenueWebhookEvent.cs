using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Ingestion.Webhooks;

/// <summary>One webhook event of the venue; null when the venue has no event with this id. For owners of the venue and HEAD_MODERATOR;
/// FORBIDDEN otherwise.</summary>
internal sealed class VenueWebhookEvent(IDbContextFactory<IngestionDb> dbFactory)
{
    /// <param name="id">The event's id here, as WebhookEvent.id returns it.</param>
    public async Task<WebhookEvent?> WebhookEventAsync(
        [Parent] IVenue venue,
        [Id] string id,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ViewVenue, venue);
        if (!Guid.TryParse(id, out var key))
            return null;
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .WebhookEvents.AsNoTracking()
            .Where(e => e.VenueId == venue.Id && e.Id == key)
            .Select(e => new WebhookEvent(e.Id, e.Provider, e.EventId, e.Type, e.Status, e.ReceivedAt, e.Attempts, e.Reason)
            {
                Venue = venue,
            })
            .SingleOrDefaultAsync(cancellationToken);
    }
}
