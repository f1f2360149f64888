using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>The changes to an endpoint. A null field leaves the value unchanged.</summary>
internal sealed record UpdateWebhookEndpointInput
{
    /// <summary>The id of the endpoint.</summary>
    [Id]
    public required string EndpointId { get; init; }

    /// <summary>The address to which events are posted from now on, also those that wait.</summary>
    public string? Url { get; init; }

    /// <summary>The types of events to send from now on. The list replaces the previous one.</summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>False sends nothing more: events that happen meanwhile are not sent later, and those that wait stay. True sends what waits
    /// and what happens from now on.</summary>
    public bool? Enabled { get; init; }
}

/// <summary>Changes the address, the types or the state of an endpoint. A change of the address or the state forgets earlier failures, so
/// that what waits is sent at once. Requires an owner of the venue. Errors: NOT_FOUND, INVALID_INPUT.</summary>
internal sealed class UpdateWebhookEndpoint(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IVenues venues,
    DeliverySignal signal,
    IntegrationsSettings settings,
    IClock clock
)
{
    /// <param name="input">The changes to make.</param>
    public async Task<WebhookEndpointPayload> HandleAsync(
        UpdateWebhookEndpointInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (await db.FindEndpointAsync(input.EndpointId, venues, caller, cancellationToken) is not { } endpoint)
            return WebhookEndpointPayload.Failed(WebhookEndpointPayload.NoSuchEndpoint);
        if (
            (
                (input.Url is { } given ? EndpointUrl.Check(given, settings.AllowsPrivateWebhookAddresses) : null)
                ?? (input.Types is { } types ? EndpointInputValidator.CheckTypes(types) : null)
            ) is
            { } error
        )
            return WebhookEndpointPayload.Failed(error);

        string?[] changes =
        [
            input.Url is { } url && url != endpoint.Url
                ? $"url: {EndpointUrl.WithoutQuery(endpoint.Url)} → {EndpointUrl.WithoutQuery(url)}"
                : null,
            input.Types is not null ? $"types: {string.Join(", ", endpoint.Types)} → {string.Join(", ", input.Types.Distinct())}" : null,
            input.Enabled is { } enabled && enabled != endpoint.Enabled ? $"enabled: {endpoint.Enabled} → {enabled}" : null,
        ];
        var restarts = changes[0] is not null || changes[2] is not null;
        endpoint.Url = input.Url ?? endpoint.Url;
        endpoint.Types = input.Types is null ? endpoint.Types : [.. input.Types.Distinct()];
        endpoint.Enabled = input.Enabled ?? endpoint.Enabled;
        var now = clock.Now();
        if (restarts)
            endpoint.ClearFailures();
        var detail = string.Join("; ", changes.OfType<string>());
        if (detail.Length > 0)
            db.Add(AuditEntry.Of(now, caller, endpoint.VenueId, "updateWebhookEndpoint", endpoint.Id.ToString(), detail));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        if (restarts)
            await db
                .WebhookDeliveries.Where(d => d.EndpointId == endpoint.Id && d.Status == DeliveryStatus.Pending && d.LeasedUntil == null)
                .ExecuteUpdateAsync(d => d.SetProperty(x => x.NextAttemptAt, now), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        signal.Set();
        return WebhookEndpointPayload.Of(endpoint);
    }
}
