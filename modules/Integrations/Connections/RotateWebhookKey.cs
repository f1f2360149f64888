using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Providers;
using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Connections;

/// <summary>The connection whose webhook signature key is rotated.</summary>
internal sealed record RotateWebhookKeyInput
{
    /// <summary>The id of the connection.</summary>
    [Id]
    public required string ConnectionId { get; init; }
}

/// <summary>Makes the provider sign its events with a new key. The previous key stays valid for a day, and no event is rejected in
/// between. Requires HEAD_MODERATOR. Errors: NOT_FOUND; CONFLICT when the subscription was created by hand or the location is
/// disconnected; INVALID_CREDENTIALS, PERMISSION_DENIED, RATE_LIMIT_EXCEEDED or PROVIDER_UNAVAILABLE when the provider refuses.</summary>
internal sealed class RotateWebhookKey(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    WebhookSetup webhooks,
    IntegrationsSettings settings,
    IClock clock
)
{
    private static readonly UserError NoManagedSubscription = new(
        ErrorCode.Conflict,
        "This server does not manage the webhook subscription of this connection, because its key was passed by hand. "
            + "Rotate the key in the provider's dashboard and pass the new one: updatePosConnection(input: { connectionId, "
            + "webhookSignatureKey }).",
        "connectionId"
    );

    /// <param name="input">The connection whose key is rotated.</param>
    public async Task<PosConnectionPayload> HandleAsync(
        RotateWebhookKeyInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        caller.Demand(Right.ManageConnections);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (await db.FindConnectionAsync(input.ConnectionId, cancellationToken) is not { } connection)
            return PosConnectionPayload.NoSuchConnection;
        var provider = providers.Get(connection.Provider);
        if (connection.DisconnectedAt is not null || connection.SubscriptionId is null || provider.Subscriptions is null)
            return PosConnectionPayload.Failed(NoManagedSubscription);
        if (connection.DecryptCredentials(settings.SecretCipher) is not { } credentials)
            return PosConnectionPayload.Failed(ConnectionStatus.CredentialsUnreadable);

        db.Add(AuditEntry.Of(clock.Now(), caller, connection.VenueId, "rotateWebhookKey", connection.Id.ToString()));
        // The rotation continues even when the caller no longer waits for it.
        return await webhooks.RotateAsync(db, connection, provider, credentials, CancellationToken.None) is { } error
            ? PosConnectionPayload.Failed(error)
            : new PosConnectionPayload(PosConnection.Of(connection, settings.SecretCipher, clock.Now()), []);
    }
}
