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

/// <summary>The connection whose webhook is tested.</summary>
internal sealed record TestWebhookInput
{
    /// <summary>The id of the connection.</summary>
    [Id]
    public required string ConnectionId { get; init; }
}

/// <summary>Makes the provider send a test event to the connection's webhook URL and stores the result in webhook.lastTest. A URL that
/// cannot be reached is a result, not an error, and does not affect the status. Requires HEAD_MODERATOR. Errors: NOT_FOUND; CONFLICT when
/// no test is possible (Toast offers none, the subscription was created by hand, the webhook is off, the location is disconnected) or
/// another test is running; INVALID_CREDENTIALS, PERMISSION_DENIED, RATE_LIMIT_EXCEEDED or PROVIDER_UNAVAILABLE when the provider
/// refuses; WEBHOOK_VALIDATION_FAILED when the provider no longer has the subscription.</summary>
/// <remarks>Source: Square API reference, TestWebhookSubscription.</remarks>
internal sealed class TestWebhook(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    WebhookTester tester,
    IntegrationsSettings settings,
    IClock clock
)
{
    /// <param name="input">The connection whose webhook is tested.</param>
    public async Task<PosConnectionPayload> HandleAsync(
        TestWebhookInput input,
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
        if (ReasonNotTestable(connection, provider) is { } reason)
            return PosConnectionPayload.Failed(new UserError(ErrorCode.Conflict, reason, "connectionId"));
        if (connection.DecryptCredentials(settings.SecretCipher) is not { } credentials)
            return PosConnectionPayload.Failed(ConnectionStatus.CredentialsUnreadable);

        db.Add(AuditEntry.Of(clock.Now(), caller, connection.VenueId, "testWebhook", connection.Id.ToString()));
        await db.SaveChangesAsync(cancellationToken);
        // The test continues even when the caller no longer waits for it.
        return await tester.RunAsync(db, connection, provider, credentials, CancellationToken.None) is { } error
            ? PosConnectionPayload.Failed(error)
            : new PosConnectionPayload(PosConnection.Of(connection, settings.SecretCipher, clock.Now()), []);
    }

    private static string? ReasonNotTestable(PosConnectionRow connection, IPosProvider provider) =>
        connection switch
        {
            { DisconnectedAt: not null } => "This location is disconnected. Connect it again with connectPos.",
            _ when provider.Subscriptions is null =>
                $"{provider.Provider} offers no test events. Take a small payment and void it: webhook.lastEventAt then "
                    + "shows whether its event arrived, and webhook.lastRefusal why it was rejected.",
            { WebhookEnabled: false } => "The webhook of this connection is switched off. Switch it on first: updatePosConnection(input: { "
                + "connectionId, enableWebhook: true }).",
            { SubscriptionId: null } =>
                "This server does not manage the webhook subscription of this connection, so it cannot request a test "
                    + "event. Send one from the provider's dashboard: webhook.lastEventAt then shows whether it arrived, and "
                    + "webhook.lastRefusal why it was rejected.",
            _ => null,
        };
}
