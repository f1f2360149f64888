using System.Text;
using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;

namespace Ingestion.Webhooks;

/// <summary>The body as it came. It shows the sale, so it is the venue's owners' only; of an event of no known till, nobody's until it is replayed.
/// FORBIDDEN otherwise.</summary>
internal sealed class WebhookPayload(IDbContextFactory<IngestionDb> dbFactory)
{
    public IDataLoaderResult<string> Payload([Parent] WebhookEvent webhook, IResolveFieldContext context)
    {
        if (webhook.Venue is not { } venue)
            throw ApiError.Forbidden("It belongs to no venue yet. Connect its till and replay it; then the venue's owners may see it.");
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
