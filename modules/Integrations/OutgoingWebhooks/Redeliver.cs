using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>One delivery, or all FAILED ones of an endpoint.</summary>
internal sealed record RedeliverInput
{
    /// <summary>The delivery to send again, whatever its status; or pass endpointId.</summary>
    [Id]
    public string? DeliveryId { get; init; }

    /// <summary>The endpoint whose FAILED deliveries are sent again; or pass deliveryId.</summary>
    [Id]
    public string? EndpointId { get; init; }

    /// <summary>With endpointId: only deliveries of events since this instant.</summary>
    public Instant? From { get; init; }
}

/// <summary>The result of redelivering.</summary>
/// <param name="Deliveries">How many deliveries are sent again.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record RedeliverPayload(long Deliveries, IReadOnlyList<UserError> Errors)
{
    public static RedeliverPayload Failed(UserError error) => new(0, [error]);
}

/// <summary>Sends deliveries again, at once and with all retries, under the webhook-id that they had. Requires an owner of the venue.
/// Errors: NOT_FOUND; INVALID_INPUT unless either deliveryId or endpointId is passed; CONFLICT when the endpoint is disabled.</summary>
internal sealed class Redeliver(IDbContextFactory<IntegrationsDb> dbFactory, IVenues venues, DeliverySignal signal, IClock clock)
{
    private static readonly UserError NoSuchDelivery = new(
        ErrorCode.NotFound,
        "There is no delivery with this id, or you may not see it. Old deliveries are deleted after a while.",
        "deliveryId"
    );

    /// <param name="input">The deliveries to send again.</param>
    public async Task<RedeliverPayload> HandleAsync(RedeliverInput input, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        if (input.DeliveryId is null == input.EndpointId is null || (input.DeliveryId is not null && input.From is not null))
            return RedeliverPayload.Failed(UserError.Invalid("Pass either deliveryId, or endpointId with or without from.", "deliveryId"));
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var chosen = db.WebhookDeliveries.Where(d => d.LeasedUntil == null);
        string? endpointId = input.EndpointId;
        if (input.DeliveryId is { } deliveryId)
        {
            if (!Guid.TryParse(deliveryId, out var id))
                return RedeliverPayload.Failed(NoSuchDelivery);
            chosen = chosen.Where(d => d.Id == id);
            endpointId = (
                await db.WebhookDeliveries.AsNoTracking().SingleOrDefaultAsync(d => d.Id == id, cancellationToken)
            )?.EndpointId.ToString();
        }
        if (endpointId is null || await db.FindEndpointAsync(endpointId, venues, caller, cancellationToken) is not { } endpoint)
            return RedeliverPayload.Failed(input.DeliveryId is null ? WebhookEndpointPayload.NoSuchEndpoint : NoSuchDelivery);
        if (!endpoint.Enabled)
            return RedeliverPayload.Failed(WebhookEndpointPayload.Disabled);
        if (input.DeliveryId is null)
            chosen = chosen.Where(d =>
                d.EndpointId == endpoint.Id && d.Status == DeliveryStatus.Failed && (input.From == null || d.CreatedAt >= input.From)
            );

        var now = clock.Now();
        endpoint.HeldUntil = null;
        var subject = input.DeliveryId ?? endpoint.Id.ToString();
        db.Add(AuditEntry.Of(now, caller, endpoint.VenueId, "redeliver", subject, input.From is { } from ? $"from {from}" : null));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        var deliveries = await chosen.ExecuteUpdateAsync(
            d =>
                d.SetProperty(x => x.Status, DeliveryStatus.Pending)
                    .SetProperty(x => x.Attempts, 0)
                    .SetProperty(x => x.NextAttemptAt, now)
                    .SetProperty(x => x.DeliveredAt, (Instant?)null),
            cancellationToken
        );
        await transaction.CommitAsync(cancellationToken);
        signal.Set();
        return new RedeliverPayload(deliveries, []);
    }
}
