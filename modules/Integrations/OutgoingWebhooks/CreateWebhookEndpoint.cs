using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>The endpoint to create.</summary>
internal sealed record CreateWebhookEndpointInput
{
    /// <summary>The id of the venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The address to which events are posted: https, on the public internet.</summary>
    public required string Url { get; init; }

    /// <summary>The types of events to send: membership.unlocked, membership.revoked, transaction.created, connection.needs_attention,
    /// connection.quiet, reconciliation.differs.</summary>
    public required IReadOnlyList<string> Types { get; init; }
}

/// <summary>Sends the venue's events to an address from now on. The answer shows the secret that signs them, once. Requires an owner of the
/// venue. Errors: INVALID_INPUT; CONFLICT when the venue has 20 endpoints already.</summary>
internal sealed class CreateWebhookEndpoint(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IVenues venues,
    FollowedFeeds feeds,
    IntegrationsSettings settings,
    IClock clock
)
{
    private const int MaxEndpoints = 20;

    private static readonly UserError TooMany = new(
        ErrorCode.Conflict,
        $"The venue has {MaxEndpoints} endpoints already. Delete one that is not needed any more: deleteWebhookEndpoint.",
        "venueId"
    );

    /// <param name="input">The endpoint to create.</param>
    public async Task<WebhookEndpointPayload> HandleAsync(
        CreateWebhookEndpointInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ViewTransactions, caller, cancellationToken);
        if (
            (EndpointUrl.Check(input.Url, settings.AllowsPrivateWebhookAddresses) ?? EndpointInputValidator.CheckTypes(input.Types)) is
            { } error
        )
            return WebhookEndpointPayload.Failed(error);

        var (now, secret) = (clock.Now(), WebhookSignature.NewSecret());
        var endpoint = new WebhookEndpointRow
        {
            Id = now.NewId(),
            VenueId = venue.Id,
            Url = input.Url,
            Types = [.. input.Types.Distinct()],
            CreatedAt = now,
            Secret = "",
        };
        endpoint.StoreSecret(secret, settings.SecretCipher);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await FollowedFeeds.LockAsync(db, venue.Id, cancellationToken);
        if (await db.WebhookEndpoints.CountAsync(e => e.VenueId == venue.Id, cancellationToken) >= MaxEndpoints)
            return WebhookEndpointPayload.Failed(TooMany);
        db.Add(endpoint);
        var detail = $"{EndpointUrl.WithoutQuery(endpoint.Url)}: {string.Join(", ", endpoint.Types)}";
        db.Add(AuditEntry.Of(now, caller, venue.Id, "createWebhookEndpoint", endpoint.Id.ToString(), detail));
        await db.SaveChangesAsync(cancellationToken);
        await feeds.FollowAsync(db, venue.Id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return WebhookEndpointPayload.Of(endpoint, secret);
    }
}
