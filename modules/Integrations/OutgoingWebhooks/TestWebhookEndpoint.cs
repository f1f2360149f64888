using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Integrations.Contracts.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>Sends an event of the type endpoint.test at once; the endpoint's deliveries show the answer. Requires an owner of the venue.
/// Errors: NOT_FOUND; CONFLICT when the endpoint is disabled.</summary>
internal sealed class TestWebhookEndpoint(IDbContextFactory<IntegrationsDb> dbFactory, IVenues venues, DeliverySignal signal, IClock clock)
{
    private const string Type = "endpoint.test";

    /// <param name="input">The endpoint to test.</param>
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
        if (!endpoint.Enabled)
            return WebhookEndpointPayload.Failed(WebhookEndpointPayload.Disabled);

        var now = clock.Now();
        // A subject of its own, so that the test waits for nothing.
        var test = VenueEvent.Of(
            endpoint.VenueId,
            Type,
            "test:" + now.NewId(),
            now,
            new { venueId = endpoint.VenueId, endpointId = endpoint.Id }
        );
        endpoint.HeldUntil = null;
        db.Add(AuditEntry.Of(now, caller, endpoint.VenueId, "testWebhookEndpoint", endpoint.Id.ToString()));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await using (var insert = QueueDeliveries.InsertOf((NpgsqlConnection)db.Database.GetDbConnection(), [new(endpoint.Id, test)], now))
            await insert.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        signal.Set();
        return WebhookEndpointPayload.Of(endpoint);
    }
}
