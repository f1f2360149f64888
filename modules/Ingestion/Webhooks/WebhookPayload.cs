using System.Text;
using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;

namespace Ingestion.Webhooks;

/// <summary>The event's body as it arrived. It shows the payment, so only owners of the venue may read it; FORBIDDEN otherwise. Nobody may
/// read the body of an unrouted event until it is replayed.</summary>
internal sealed class WebhookPayload(IDbContextFactory<IngestionDb> dbFactory)
{
    public IDataLoaderResult<string> Payload([Parent] WebhookEvent webhook, IResolveFieldContext context)
    {
        if (webhook.Venue is not { } venue)
            throw ApiError.Forbidden(
                "The event belongs to no venue yet. Connect its location and replay the event; then the venue's owners may read it."
            );
        context.Caller().Demand(Right.ViewTransactions, venue);
        return BatchLoaders.Load<Guid, string>(
            context,
            (typeof(WebhookPayload), venue.Id),
            webhook.Id,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var venueId = venue.Id;
                return await db
                    .WebhookEvents.AsNoTracking()
                    .Where(e => e.VenueId == venueId && ids.Contains(e.Id))
                    .Select(e => new { e.Id, e.Payload })
                    .ToDictionaryAsync(e => e.Id, e => Encoding.UTF8.GetString(e.Payload), cancellationToken);
            },
            ""
        );
    }
}
