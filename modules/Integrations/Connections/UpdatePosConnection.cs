using System.Globalization;
using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Providers;
using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Integrations.Connections;

/// <summary>The changes to a connection. A field that is left out stays unchanged; a null syncIntervalSeconds restores the
/// default.</summary>
internal sealed record UpdatePosConnectionInput : PartialInput
{
    /// <summary>The id of the connection.</summary>
    [Id]
    public required string ConnectionId { get; init; }

    /// <summary>Whether the connection is polled automatically.</summary>
    public bool? SyncEnabled { get; init; }

    /// <summary>The time between two sync runs in seconds, 10 to 86400; null for the default of 900 with webhooks and 30
    /// without.</summary>
    public int? SyncIntervalSeconds { get; init; }

    /// <summary>Whether transactions of this connection take part in spend rules from now on.</summary>
    public bool? ProcessRules { get; init; }

    /// <summary>Whether the provider sends its webhook events to this server. False deletes the subscription; events that still arrive
    /// are then rejected.</summary>
    public bool? EnableWebhook { get; init; }

    /// <summary>The signature key of a webhook subscription that you created at the provider yourself. The previous key stays valid for a
    /// day.</summary>
    public string? WebhookSignatureKey { get; init; }
}

/// <summary>Changes how a connection is polled and receives events, and reads the names of its location again. What the provider refuses
/// appears in statusReason. Requires HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT, INVALID_CREDENTIALS when stored credentials cannot
/// be decrypted; CONFLICT when the location is disconnected.</summary>
internal sealed class UpdatePosConnection(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    WebhookSetup webhooks,
    IntegrationsSettings settings,
    ChangePublisher publisher,
    IClock clock,
    TimeProvider time
)
{
    // Names are read every day anyway, so a slow provider is not waited for.
    private static readonly TimeSpan LocationReadTimeout = TimeSpan.FromSeconds(5);

    /// <param name="input">The changes to make.</param>
    public async Task<PosConnectionPayload> HandleAsync(
        UpdatePosConnectionInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        caller.Demand(Right.ManageConnections);
        if (
            (
                ConnectionInputValidator.CheckSignatureKey(input.WebhookSignatureKey)
                ?? ConnectionInputValidator.CheckSyncInterval(input.SyncIntervalSeconds)
            ) is
            { } error
        )
            return PosConnectionPayload.Failed(error);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (await db.FindConnectionAsync(input.ConnectionId, cancellationToken) is not { } connection)
            return PosConnectionPayload.NoSuchConnection;
        if (connection.DisconnectedAt is not null)
            return PosConnectionPayload.Failed(
                new UserError(ErrorCode.Conflict, "This location is disconnected. Connect it again with connectPos.", "connectionId")
            );

        connection.SyncEnabled = input.SyncEnabled ?? connection.SyncEnabled;
        connection.SyncIntervalSeconds = input.IsProvided("syncIntervalSeconds")
            ? input.SyncIntervalSeconds
            : connection.SyncIntervalSeconds;
        connection.ProcessRules = input.ProcessRules ?? connection.ProcessRules;
        var changesWebhook =
            input.WebhookSignatureKey is not null || (input.EnableWebhook is { } wanted && wanted != connection.WebhookEnabled);
        var (provider, credentials) = (providers.Get(connection.Provider), connection.DecryptCredentials(settings.SecretCipher));
        if (changesWebhook && credentials is null)
            return PosConnectionPayload.Failed(ConnectionStatus.CredentialsUnreadable);
        var audit = AuditEntry.Of(
            clock.Now(),
            caller,
            connection.VenueId,
            "updatePosConnection",
            connection.Id.ToString(),
            Describe(input)
        );
        db.Add(audit);
        await db.SaveChangesAsync(cancellationToken);
        if (changesWebhook)
            await ApplyWebhookAsync(db, connection, provider, credentials!, input);
        if (credentials is not null)
            await ReadLocationAsync(db, connection, provider, credentials, cancellationToken);
        await publisher.ConnectionChangedAsync(connection.VenueId);
        return new PosConnectionPayload(PosConnection.Of(connection, settings.SecretCipher, clock.Now()), []);
    }

    // The change continues even when the caller no longer waits for it.
    private async Task ApplyWebhookAsync(
        IntegrationsDb db,
        PosConnectionRow connection,
        IPosProvider provider,
        PosCredentials credentials,
        UpdatePosConnectionInput input
    )
    {
        var cancellationToken = CancellationToken.None;
        connection.WebhookEnabled = input.EnableWebhook ?? true;
        if (!connection.WebhookEnabled || input.WebhookSignatureKey is not null)
        {
            if (
                await webhooks.RemoveAsync(db, connection, provider, credentials, cancellationToken) is { } error
                && !connection.WebhookEnabled
            )
            {
                connection.SetWebhookError(
                    new UserError(
                        error.Code,
                        "The webhook is switched off here, but the provider still has the subscription: " + error.Message
                    )
                );
                await db.SaveChangesAsync(cancellationToken);
                return;
            }
            if (!connection.WebhookEnabled)
                (connection.SignatureKey, connection.PreviousSignatureKey) = (null, null);
        }
        var needsSubscription = webhooks.Prepare(connection, provider, input.WebhookSignatureKey);
        await db.SaveChangesAsync(cancellationToken);
        await publisher.ConnectionChangedAsync(connection.VenueId);
        if (needsSubscription)
            await webhooks.SubscribeAsync(db, connection, provider, credentials, cancellationToken);
    }

    private async Task ReadLocationAsync(
        IntegrationsDb db,
        PosConnectionRow connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken
    )
    {
        using var timeout = new CancellationTokenSource(LocationReadTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if ((await provider.ValidateAsync(credentials, linked.Token)).Value is not { } location)
                return; // the next maintenance run reports the fault
            connection.UpdateLocation(location, clock.Now());
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested) { }
    }

    private static string Describe(UpdatePosConnectionInput input) =>
        string.Join(
            "; ",
            new[]
            {
                input.SyncEnabled is { } sync ? $"syncEnabled: {sync}" : null,
                input.IsProvided("syncIntervalSeconds")
                    ? $"syncIntervalSeconds: {input.SyncIntervalSeconds?.ToString(CultureInfo.InvariantCulture) ?? "default"}"
                    : null,
                input.ProcessRules is { } rules ? $"processRules: {rules}" : null,
                input.EnableWebhook is { } webhook ? $"enableWebhook: {webhook}" : null,
                input.WebhookSignatureKey is not null ? "webhookSignatureKey: given" : null,
            }.OfType<string>()
        );
}
