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

/// <summary>Whose webhook to test.</summary>
internal sealed record TestWebhookInput
{
    /// <summary>Which connection.</summary>
    [Id]
    public required string ConnectionId { get; init; }
}

/// <summary>Has the provider send a test event to the connection's address; what came of it is in webhook.lastTest. An address that it does not reach is no
/// error and does not turn the status. HEAD_MODERATOR. Errors: NOT_FOUND; CONFLICT where no test can be asked for (Toast has none, the subscription was made
/// by hand, the webhook is off, the till is disconnected) or one is under way; what the provider refuses: INVALID_CREDENTIALS, PERMISSION_DENIED,
/// RATE_LIMIT_EXCEEDED, PROVIDER_UNAVAILABLE; WEBHOOK_VALIDATION_FAILED when it has the subscription no more.</summary>
/// <remarks>Source: Square API reference, TestWebhookSubscription.</remarks>
internal sealed class TestWebhook(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    WebhookTester tester,
    IntegrationsSettings settings,
    IClock clock
)
{
    /// <param name="input">Whose webhook.</param>
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
        // Once begun it is carried through, whether its caller still waits or not.
        return await tester.RunAsync(db, connection, provider, credentials, CancellationToken.None) is { } error
            ? PosConnectionPayload.Failed(error)
            : new PosConnectionPayload(PosConnection.Of(connection, settings.SecretCipher, clock.Now()), []);
    }

    private static string? ReasonNotTestable(PosConnectionRow connection, IPosProvider provider) =>
        connection switch
        {
            { DisconnectedAt: not null } => "This till is disconnected. Connect it again with connectPos.",
            _ when provider.Subscriptions is null =>
                $"{provider.Provider} cannot be asked for a test event. Ring up something small and void it: webhook.lastEventAt tells that its event came in, webhook.lastRefusal why it was refused.",
            { WebhookEnabled: false } =>
                "Its webhook is switched off. Switch it on first: updatePosConnection(input: { connectionId, enableWebhook: true }).",
            { SubscriptionId: null } =>
                "This connection has no subscription of ours, so none can be tested from here. Send a test event from the provider's dashboard: webhook.lastEventAt tells that it came in, webhook.lastRefusal why it was refused.",
            _ => null,
        };
}
