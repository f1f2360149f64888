using System.Security.Cryptography;
using System.Text;
using Integrations.Connections;
using Integrations.Contracts;
using Integrations.Credentials;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>Makes, moves, rotates and removes a connection's webhook subscription. What is signed with is stored before the provider may use it,
/// and what it may still use is kept: no event is refused on the way from one key or address to another.</summary>
internal sealed class WebhookSetup(IntegrationsSettings settings, TillDirectory tills, IClock clock)
{
    // Square sends an event again for 24 hours; each time it signs anew, but a queue of its own may be slow.
    private static readonly Duration GoodFor = Duration.FromHours(25);

    // So long a key change may be under way before others give up waiting for it.
    private static readonly Duration LongestRotation = Duration.FromSeconds(60);

    /// <summary>Notes what is wanted, before anything is asked of the provider; says whether a subscription must be made or looked up. The caller saves.</summary>
    public bool Begin(TillConnection connection, IPosProvider provider, string? pastedKey)
    {
        if (pastedKey is not null && connection.SubscriptionId is null)
            Replace(connection, pastedKey);
        else if (pastedKey is not null)
        {
            connection.ForgetTest();
            (connection.SignatureKey, connection.SubscriptionId) = (Seal(connection, pastedKey), null);
        }
        // The address that providers call may have changed since; one that the provider was told stays until it is told another.
        if (connection.SubscriptionId is null)
            connection.NotificationUrl = settings.WebhookUrl(connection.Provider, connection.Id);
        // A key pasted by hand stays until another one is pasted.
        var subscribes =
            connection.WebhookEnabled
            && provider.Subscriptions is not null
            && (connection.SubscriptionId is not null || connection.SignatureKey is null);
        if (subscribes)
            connection.WebhookNeeds(
                new UserError(ErrorCode.WebhookValidationFailed, "Its webhook is not set up yet. Connect the till again.")
            );
        else
            connection.WebhookIsWell();
        return subscribes;
    }

    /// <summary>Makes the subscription or, when there is one, finds it again and sees that it sends to today's address.</summary>
    /// <param name="db">Tracks the connection.</param>
    /// <param name="connection">Whose.</param>
    /// <param name="provider">Its provider; makes subscriptions.</param>
    /// <param name="credentials">Its credentials.</param>
    /// <param name="mayMove">False: a subscription that sends to another address of ours is left alone.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task SubscribeAsync(
        IntegrationsDb db,
        TillConnection connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken,
        bool mayMove = true
    )
    {
        var subscriptions = provider.Subscriptions!;
        if (connection.SubscriptionId is { } known)
        {
            var found = await subscriptions.FindAsync(credentials, known, cancellationToken);
            if (found.Fault?.Error.Code != ErrorCode.NotFound)
            {
                if (found.Value is { } there)
                    await AdoptAsync(db, connection, there, cancellationToken);
                else
                    connection.WebhookIsWell(); // it could not be asked about just now (an OAuth token may not); what is there stays
                await SaveAsync(db, connection, cancellationToken);
                if (
                    mayMove
                    && found.Value is not null
                    && connection.NotificationUrl != settings.WebhookUrl(connection.Provider, connection.Id)
                )
                    await MoveAsync(db, connection, provider, credentials, cancellationToken);
                return;
            }
            connection.NotificationUrl = settings.WebhookUrl(connection.Provider, connection.Id);
            await SaveAsync(db, connection, cancellationToken); // the next subscription's address is let in before it is made
        }
        var made = await subscriptions.MakeAsync(credentials, connection.NotificationUrl, IdempotencyKey(connection), cancellationToken);
        if (made.Value is { } subscription)
            await AdoptAsync(db, connection, subscription, cancellationToken);
        else
            connection.WebhookNeeds(
                new UserError(
                    made.Fault!.Error.Code,
                    "The till is connected, but its webhook could not be set up: "
                        + made.Fault.Error.Message
                        + " The address is "
                        + connection.NotificationUrl
                        + "; pass the key as webhookSignatureKey."
                )
            );
        await SaveAsync(db, connection, cancellationToken);
    }

    /// <summary>Tells the provider today's address. Both addresses are good until it sends to the new one only.</summary>
    public async Task MoveAsync(
        IntegrationsDb db,
        TillConnection connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken
    )
    {
        var (before, after) = (connection.NotificationUrl, settings.WebhookUrl(connection.Provider, connection.Id));
        (connection.OtherNotificationUrl, connection.OtherNotificationUrlUntil) = (after, null);
        await SaveAsync(db, connection, cancellationToken);
        var moved = await provider.Subscriptions!.MoveAsync(credentials, connection.SubscriptionId!, after, cancellationToken);
        if (moved.Value is not null)
        {
            (connection.NotificationUrl, connection.OtherNotificationUrl, connection.OtherNotificationUrlUntil) = (
                after,
                before,
                clock.Now() + GoodFor
            );
            connection.WebhookIsWell();
            connection.ForgetTest();
        }
        else
            connection.WebhookNeeds(
                new UserError(
                    moved.Fault!.Error.Code,
                    $"The address of this server has changed to {after}, but the provider still sends to {before}: {moved.Fault.Error.Message}"
                )
            );
        await SaveAsync(db, connection, cancellationToken);
    }

    /// <summary>Has the provider sign with a new key. Null when it does.</summary>
    public async Task<UserError?> RotateAsync(
        IntegrationsDb db,
        TillConnection connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken
    )
    {
        // From here to the answer nobody knows which key the next event is signed with: all hosts wait with what they cannot check.
        connection.RotatingUntil = clock.Now() + LongestRotation;
        await SaveAsync(db, connection, cancellationToken);
        var rotated = await provider.Subscriptions!.RotateKeyAsync(credentials, connection.SubscriptionId!, cancellationToken);
        if (rotated.Value is null) // it may have been done all the same: the subscription tells
            rotated =
                await provider.Subscriptions.FindAsync(credentials, connection.SubscriptionId!, cancellationToken) is { Value: { } found }
                && found.SignatureKey != Key(connection)
                    ? Fetched.Of(found)
                    : rotated;
        if (rotated.Value is { SignatureKey: { } key })
            Replace(connection, key);
        connection.RotatingUntil = null;
        await SaveAsync(db, connection, cancellationToken);
        return rotated.Fault?.Error;
    }

    /// <summary>Deletes the subscription. Null when it is gone; else it is tried again later, since its id is kept.</summary>
    public async Task<UserError?> RemoveAsync(
        IntegrationsDb db,
        TillConnection connection,
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
            Retire(connection);
            (connection.SubscriptionId, connection.SignatureKey) = (null, null);
        }
        await SaveAsync(db, connection, cancellationToken);
        return fault?.Error;
    }

    private async Task AdoptAsync(
        IntegrationsDb db,
        TillConnection connection,
        Subscription subscription,
        CancellationToken cancellationToken
    )
    {
        connection.SubscriptionsMade += connection.SubscriptionId == subscription.Id ? 0 : 1;
        connection.SubscriptionId = subscription.Id;
        if (subscription.NotificationUrl is { } url)
            connection.NotificationUrl = url;
        if (subscription.SignatureKey is { } key && key != Key(connection))
            Replace(connection, key);
        connection.WebhookIsWell();
        await SaveAsync(db, connection, cancellationToken);
    }

    // What was signed with the key before may still be on its way.
    private void Replace(TillConnection connection, string key)
    {
        Retire(connection);
        connection.SignatureKey = Seal(connection, key);
    }

    private void Retire(TillConnection connection)
    {
        connection.ForgetTest();
        if (Key(connection) is { } old)
            (connection.PreviousSignatureKey, connection.PreviousSignatureKeyUntil) = (
                settings.Vault.Seal(old, Purpose.PreviousSignatureKey(connection.Id)),
                clock.Now() + GoodFor
            );
    }

    private async Task SaveAsync(IntegrationsDb db, TillConnection connection, CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        tills.Changed(connection.VenueId);
    }

    private string Seal(TillConnection connection, string key) => settings.Vault.Seal(key, Purpose.SignatureKey(connection.Id));

    private string? Key(TillConnection connection) =>
        connection.SignatureKey is { } key ? settings.Vault.Open(key, Purpose.SignatureKey(connection.Id)) : null;

    // The same until there is a subscription, another one for the next. Square takes up to 45 characters.
    private static string IdempotencyKey(TillConnection connection) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{connection.Id:N} {connection.SubscriptionsMade} {connection.NotificationUrl}"))
        )[..40];
}
