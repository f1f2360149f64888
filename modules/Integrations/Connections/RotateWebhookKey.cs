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

/// <summary>Whose key to change.</summary>
internal sealed record RotateWebhookKeyInput
{
    /// <summary>Which connection.</summary>
    [Id]
    public required string ConnectionId { get; init; }
}

/// <summary>Has the provider sign its events with a new key. The one before stays good for a day, and no event is refused in between. HEAD_MODERATOR.
/// Errors: NOT_FOUND; CONFLICT where the subscription was made by hand or the till is disconnected; what the provider refuses: INVALID_CREDENTIALS,
/// PERMISSION_DENIED, RATE_LIMIT_EXCEEDED, PROVIDER_UNAVAILABLE.</summary>
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
        "This connection has no subscription of ours: its key was pasted by hand. Change it in the provider's dashboard and pass the new one: updatePosConnection(input: { connectionId, webhookSignatureKey }).",
        "connectionId"
    );

    /// <param name="input">Whose key.</param>
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
        // Once begun it is carried through, whether its caller still waits or not.
        return await webhooks.RotateAsync(db, connection, provider, credentials, CancellationToken.None) is { } error
            ? PosConnectionPayload.Failed(error)
            : new PosConnectionPayload(PosConnection.Of(connection, settings.SecretCipher, clock.Now()), []);
    }
}
