using System.Security.Cryptography;
using System.Text;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Integrations.Providers;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>Creates, updates, rotates and deletes a connection's webhook subscription. A new key or URL is stored before the provider may
/// use it, and an old one stays valid while it may still be in use, so that no event is rejected during a change.</summary>
internal sealed class WebhookSetup(IntegrationsSettings settings, ChangePublisher publisher, IClock clock)
{
    // Square retries an event for 24 hours and signs each attempt anew; the extra hour allows for slow delivery.
    private static readonly Duration OverlapPeriod = Duration.FromHours(25);

    // How long other hosts wait at most for a key rotation to finish.
    private static readonly Duration MaxRotationDuration = Duration.FromSeconds(60);

    /// <summary>Stores the requested setup before the provider is called. Returns whether a subscription must be created or looked up.
    /// The caller saves.</summary>
    public bool Prepare(PosConnectionRow connection, IPosProvider provider, string? manualKey)
    {
        if (manualKey is not null && connection.SubscriptionId is null)
            ReplaceKey(connection, manualKey);
        else if (manualKey is not null)
        {
            connection.ClearTest();
            (connection.SignatureKey, connection.SubscriptionId) = (EncryptKey(connection, manualKey), null);
        }
        // This server's URL may have changed. A URL that was given to the provider stays valid until the provider has been given another.
        if (connection.SubscriptionId is null)
            connection.NotificationUrl = settings.WebhookUrl(connection.Provider, connection.Id);
        // A key that was passed by hand stays until another one is passed.
        var needsSubscription =
            connection.WebhookEnabled
            && provider.Subscriptions is not null
            && (connection.SubscriptionId is not null || connection.SignatureKey is null);
        if (needsSubscription)
            connection.SetWebhookError(
                new UserError(
                    ErrorCode.WebhookValidationFailed,
                    "The webhook is not set up yet. If this does not change within a minute, connect the location again with "
                        + "connectPos."
                )
            );
        else
            connection.ClearWebhookError();
        return needsSubscription;
    }

    /// <summary>Creates the subscription or, when there is one, reads it again and makes sure that it sends to the current URL.</summary>
    /// <param name="db">The context that tracks the connection.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="provider">The connection's provider, which must support subscriptions.</param>
    /// <param name="credentials">The connection's decrypted credentials.</param>
    /// <param name="mayUpdateUrl">False to leave a subscription alone that sends to another URL of this server.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task SubscribeAsync(
        IntegrationsDb db,
        PosConnectionRow connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken,
        bool mayUpdateUrl = true
    )
    {
        var subscriptions = provider.Subscriptions!;
        if (connection.SubscriptionId is { } subscriptionId)
        {
            var found = await subscriptions.FindAsync(credentials, subscriptionId, cancellationToken);
            if (found.Fault?.Error.Code != ErrorCode.NotFound)
            {
                if (found.Value is { } existing)
                    await AdoptAsync(db, connection, existing, cancellationToken);
                else
                    // The provider could not be asked (an OAuth token may lack the permission), so the existing setup stays.
                    connection.ClearWebhookError();
                await SaveAsync(db, connection, cancellationToken);
                if (
                    mayUpdateUrl
                    && found.Value is not null
                    && connection.NotificationUrl != settings.WebhookUrl(connection.Provider, connection.Id)
                )
                    await UpdateUrlAsync(db, connection, provider, credentials, cancellationToken);
                return;
            }
            connection.NotificationUrl = settings.WebhookUrl(connection.Provider, connection.Id);
            // The URL of the next subscription is accepted before the subscription exists.
            await SaveAsync(db, connection, cancellationToken);
        }
        var created = await subscriptions.CreateAsync(
            credentials,
            connection.NotificationUrl,
            IdempotencyKey(connection),
            cancellationToken
        );
        if (created.Value is { } subscription)
            await AdoptAsync(db, connection, subscription, cancellationToken);
        else
            connection.SetWebhookError(
                new UserError(
                    created.Fault!.Error.Code,
                    "The location is connected, but its webhook could not be set up: "
                        + created.Fault.Error.Message
                        + " Or create a subscription at the provider that sends to "
                        + connection.NotificationUrl
                        + ", and pass its key as webhookSignatureKey."
                )
            );
        await SaveAsync(db, connection, cancellationToken);
    }

    /// <summary>Changes the subscription to the current URL. Both URLs are accepted until the provider only uses the new one.</summary>
    public async Task UpdateUrlAsync(
        IntegrationsDb db,
        PosConnectionRow connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken
    )
    {
        var (oldUrl, newUrl) = (connection.NotificationUrl, settings.WebhookUrl(connection.Provider, connection.Id));
        (connection.OtherNotificationUrl, connection.OtherNotificationUrlUntil) = (newUrl, null);
        await SaveAsync(db, connection, cancellationToken);
        var updated = await provider.Subscriptions!.UpdateUrlAsync(credentials, connection.SubscriptionId!, newUrl, cancellationToken);
        if (updated.Value is not null)
        {
            (connection.NotificationUrl, connection.OtherNotificationUrl, connection.OtherNotificationUrlUntil) = (
                newUrl,
                oldUrl,
                clock.Now() + OverlapPeriod
            );
            connection.ClearWebhookError();
            connection.ClearTest();
        }
        else
            connection.SetWebhookError(
                new UserError(
                    updated.Fault!.Error.Code,
                    $"The URL of this server has changed to {newUrl}, but the provider still sends to {oldUrl}: "
                        + $"{updated.Fault!.Error.Message}"
                )
            );
        await SaveAsync(db, connection, cancellationToken);
    }

    /// <summary>Makes the provider sign with a new key. Null on success.</summary>
    public async Task<UserError?> RotateAsync(
        IntegrationsDb db,
        PosConnectionRow connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken
    )
    {
        // Until the provider responds, it is unknown which key signs the next event. All hosts then defer events that they cannot verify.
        connection.RotatingUntil = clock.Now() + MaxRotationDuration;
        await SaveAsync(db, connection, cancellationToken);
        var rotated = await provider.Subscriptions!.RotateKeyAsync(credentials, connection.SubscriptionId!, cancellationToken);
        if (rotated.Value is null) // the rotation may have succeeded in spite of the fault, so the subscription is read again
            rotated =
                await provider.Subscriptions.FindAsync(credentials, connection.SubscriptionId!, cancellationToken) is { Value: { } found }
                && found.SignatureKey != DecryptKey(connection)
                    ? ProviderResult.Success(found)
                    : rotated;
        if (rotated.Value is { SignatureKey: { } key })
            ReplaceKey(connection, key);
        connection.RotatingUntil = null;
        await SaveAsync(db, connection, cancellationToken);
        return rotated.Fault?.Error;
    }

    /// <summary>Deletes the subscription. Null on success. After a fault its id is kept, so that the deletion can be retried.</summary>
    public async Task<UserError?> RemoveAsync(
        IntegrationsDb db,
        PosConnectionRow connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken
    )
    {
        if (connection.SubscriptionId is not { } subscription || provider.Subscriptions is null)
            return null;
        var fault = await provider.Subscriptions.DeleteAsync(credentials, subscription, cancellationToken);
        if (fault is null)
        {
            RetireKey(connection);
            (connection.SubscriptionId, connection.SignatureKey) = (null, null);
        }
        await SaveAsync(db, connection, cancellationToken);
        return fault?.Error;
    }

    private async Task AdoptAsync(
        IntegrationsDb db,
        PosConnectionRow connection,
        WebhookSubscription subscription,
        CancellationToken cancellationToken
    )
    {
        connection.SubscriptionCount += connection.SubscriptionId == subscription.Id ? 0 : 1;
        connection.SubscriptionId = subscription.Id;
        if (subscription.NotificationUrl is { } url)
            connection.NotificationUrl = url;
        if (subscription.SignatureKey is { } key && key != DecryptKey(connection))
            ReplaceKey(connection, key);
        connection.ClearWebhookError();
        await SaveAsync(db, connection, cancellationToken);
    }

    // Events signed with the previous key may still be on their way.
    private void ReplaceKey(PosConnectionRow connection, string key)
    {
        RetireKey(connection);
        connection.SignatureKey = EncryptKey(connection, key);
    }

    private void RetireKey(PosConnectionRow connection)
    {
        connection.ClearTest();
        if (DecryptKey(connection) is { } oldKey)
            (connection.PreviousSignatureKey, connection.PreviousSignatureKeyUntil) = (
                settings.SecretCipher.Encrypt(oldKey, SecretPurpose.PreviousSignatureKey(connection.Id)),
                clock.Now() + OverlapPeriod
            );
    }

    private async Task SaveAsync(IntegrationsDb db, PosConnectionRow connection, CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        await publisher.ConnectionChangedAsync(connection.VenueId);
    }

    private string EncryptKey(PosConnectionRow connection, string key) =>
        settings.SecretCipher.Encrypt(key, SecretPurpose.SignatureKey(connection.Id));

    private string? DecryptKey(PosConnectionRow connection) =>
        connection.SignatureKey is { } key ? settings.SecretCipher.Decrypt(key, SecretPurpose.SignatureKey(connection.Id)) : null;

    // The key stays the same until the subscription exists, and differs for the next one. Square accepts up to 45 characters.
    private static string IdempotencyKey(PosConnectionRow connection) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{connection.Id:N} {connection.SubscriptionCount} {connection.NotificationUrl}"))
        )[..40];
}
