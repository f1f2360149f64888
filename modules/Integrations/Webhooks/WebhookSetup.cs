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

/// <summary>Makes, moves, rotates and removes a connection's webhook subscription. What is signed with is stored before the provider may use it,
/// and what it may still use is kept: no event is refused on the way from one key or address to another.</summary>
internal sealed class WebhookSetup(IntegrationsSettings settings, PosConnectionDirectory directory, IClock clock)
{
    // Square sends an event again for 24 hours; each time it signs anew, but a queue of its own may be slow.
    private static readonly Duration OverlapPeriod = Duration.FromHours(25);

    // So long a key change may be under way before others give up waiting for it.
    private static readonly Duration MaxRotationDuration = Duration.FromSeconds(60);

    /// <summary>Notes what is wanted, before anything is asked of the provider; says whether a subscription must be made or looked up. The caller saves.</summary>
    public bool Prepare(PosConnectionRow connection, IPosProvider provider, string? manualKey)
    {
        if (manualKey is not null && connection.SubscriptionId is null)
            ReplaceKey(connection, manualKey);
        else if (manualKey is not null)
        {
            connection.ClearTest();
            (connection.SignatureKey, connection.SubscriptionId) = (EncryptKey(connection, manualKey), null);
        }
        // The address that providers call may have changed since; one that the provider was told stays until it is told another.
        if (connection.SubscriptionId is null)
            connection.NotificationUrl = settings.WebhookUrl(connection.Provider, connection.Id);
        // A key pasted by hand stays until another one is pasted.
        var needsSubscription =
            connection.WebhookEnabled
            && provider.Subscriptions is not null
            && (connection.SubscriptionId is not null || connection.SignatureKey is null);
        if (needsSubscription)
            connection.SetWebhookError(
                new UserError(ErrorCode.WebhookValidationFailed, "Its webhook is not set up yet. Connect the till again.")
            );
        else
            connection.ClearWebhookError();
        return needsSubscription;
    }

    /// <summary>Makes the subscription or, when there is one, finds it again and sees that it sends to today's address.</summary>
    /// <param name="db">Tracks the connection.</param>
    /// <param name="connection">Whose.</param>
    /// <param name="provider">Its provider; makes subscriptions.</param>
    /// <param name="credentials">Its credentials.</param>
    /// <param name="mayUpdateUrl">False: a subscription that sends to another address of ours is left alone.</param>
    /// <param name="cancellationToken">Cancels.</param>
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
                    connection.ClearWebhookError(); // it could not be asked about just now (an OAuth token may not); what is there stays
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
            await SaveAsync(db, connection, cancellationToken); // the next subscription's address is let in before it is made
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
                    "The till is connected, but its webhook could not be set up: "
                        + created.Fault.Error.Message
                        + " The address is "
                        + connection.NotificationUrl
                        + "; pass the key as webhookSignatureKey."
                )
            );
        await SaveAsync(db, connection, cancellationToken);
    }

    /// <summary>Tells the provider today's address. Both addresses are good until it sends to the new one only.</summary>
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
                    $"The address of this server has changed to {newUrl}, but the provider still sends to {oldUrl}: {updated.Fault.Error.Message}"
                )
            );
        await SaveAsync(db, connection, cancellationToken);
    }

    /// <summary>Has the provider sign with a new key. Null when it does.</summary>
    public async Task<UserError?> RotateAsync(
        IntegrationsDb db,
        PosConnectionRow connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken
    )
    {
        // From here to the answer nobody knows which key the next event is signed with: all hosts wait with what they cannot check.
        connection.RotatingUntil = clock.Now() + MaxRotationDuration;
        await SaveAsync(db, connection, cancellationToken);
        var rotated = await provider.Subscriptions!.RotateKeyAsync(credentials, connection.SubscriptionId!, cancellationToken);
        if (rotated.Value is null) // it may have been done all the same: the subscription tells
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

    /// <summary>Deletes the subscription. Null when it is gone; else it is tried again later, since its id is kept.</summary>
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

    // What was signed with the key before may still be on its way.
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
        directory.Invalidate(connection.VenueId);
    }

    private string EncryptKey(PosConnectionRow connection, string key) =>
        settings.SecretCipher.Encrypt(key, SecretPurpose.SignatureKey(connection.Id));

    private string? DecryptKey(PosConnectionRow connection) =>
        connection.SignatureKey is { } key ? settings.SecretCipher.Decrypt(key, SecretPurpose.SignatureKey(connection.Id)) : null;

    // The same until there is a subscription, another one for the next. Square takes up to 45 characters.
    private static string IdempotencyKey(PosConnectionRow connection) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{connection.Id:N} {connection.SubscriptionCount} {connection.NotificationUrl}"))
        )[..40];
}
