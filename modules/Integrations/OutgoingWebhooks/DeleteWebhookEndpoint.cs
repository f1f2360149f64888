using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>The endpoint to delete, test, or give a new secret.</summary>
internal sealed record DeleteWebhookEndpointInput
{
    /// <summary>The id of the endpoint.</summary>
    [Id]
    public required string EndpointId { get; init; }
}

/// <summary>Deletes an endpoint with its deliveries; what waits is not sent any more. Requires an owner of the venue. Errors:
/// NOT_FOUND.</summary>
internal sealed class DeleteWebhookEndpoint(IDbContextFactory<IntegrationsDb> dbFactory, IVenues venues, FollowedFeeds feeds, IClock clock)
{
    /// <param name="input">The endpoint to delete.</param>
    public async Task<WebhookEndpointPayload> HandleAsync(
        DeleteWebhookEndpointInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (await db.FindEndpointAsync(input.EndpointId, venues, caller, cancellationToken) is not { } endpoint)
            return WebhookEndpointPayload.Failed(WebhookEndpointPayload.NoSuchEndpoint);

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await FollowedFeeds.LockAsync(db, endpoint.VenueId, cancellationToken);
        // The position goes first: the relay holds it while it queues deliveries.
        if (await db.WebhookEndpoints.CountAsync(e => e.VenueId == endpoint.VenueId, cancellationToken) <= 1)
            await feeds.UnfollowAsync(db, endpoint.VenueId, cancellationToken);
        var detail = EndpointUrl.WithoutQuery(endpoint.Url);
        db.Add(AuditEntry.Of(clock.Now(), caller, endpoint.VenueId, "deleteWebhookEndpoint", endpoint.Id.ToString(), detail));
        await db.SaveChangesAsync(cancellationToken);
        await db.WebhookEndpoints.Where(e => e.Id == endpoint.Id).ExecuteDeleteAsync(cancellationToken);
        await db.WebhookDeliveries.Where(d => d.EndpointId == endpoint.Id).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return WebhookEndpointPayload.Of(endpoint);
    }
}
