using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Integrations.Providers;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Connections;

/// <summary>One location that is connected to one venue, as stored. Secrets are encrypted.</summary>
internal sealed class PosConnectionRow
{
    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public Provider Provider { get; init; }
    public PosEnvironment Environment { get; init; }

    /// <summary>The Square location id or Toast restaurant GUID.</summary>
    public required string ExternalLocationId { get; init; }
    public string? LocationName { get; set; }
    public string? MerchantId { get; set; }
    public string? MerchantName { get; set; }
    public string? TimeZone { get; set; }

    /// <summary>The currency of the location's amounts, ISO 4217, which Toast's amounts do not name themselves. Null when the location
    /// was connected before this column existed.</summary>
    public string? Currency { get; set; }

    /// <summary>When the provider was last asked for these names; null when the location was connected before this column
    /// existed.</summary>
    public Instant? LocationReadAt { get; private set; }
    public Instant ConnectedAt { get; set; }
    public Instant? DisconnectedAt { get; set; }

    // ── credentials; the secrets are encrypted ──
    public string? AccessToken { get; set; }
    public string? RefreshToken { get; set; }
    public string? ClientId { get; set; }
    public string? ClientSecret { get; set; }

    /// <summary>When the access token was issued or renewed.</summary>
    public Instant? CredentialsIssuedAt { get; set; }
    public Instant? CredentialsExpireAt { get; set; }

    /// <summary>The lease of the host that is renewing the credentials at the moment.</summary>
    public Instant? RenewalLeaseUntil { get; set; }

    // ── webhook ──
    public bool WebhookEnabled { get; set; }

    /// <summary>The URL exactly as it was given to the provider; signatures are computed over it.</summary>
    public required string NotificationUrl { get; set; }

    /// <summary>A second URL over which signatures are accepted: the previous one while events to it may still arrive, or the next one
    /// while the provider is being switched.</summary>
    public string? OtherNotificationUrl { get; set; }
    public Instant? OtherNotificationUrlUntil { get; set; }
    public string? SubscriptionId { get; set; }

    /// <summary>How many subscriptions this connection has had so far.</summary>
    public int SubscriptionCount { get; set; }

    /// <summary>The current key, encrypted.</summary>
    public string? SignatureKey { get; set; }

    /// <summary>The previous key, encrypted. It stays valid as long as events signed with it may still arrive.</summary>
    public string? PreviousSignatureKey { get; set; }
    public Instant? PreviousSignatureKeyUntil { get; set; }

    /// <summary>Set while the provider is asked for a new key, during which it is unknown which key signs.</summary>
    public Instant? RotatingUntil { get; set; }
    public long RefusedSignatures { get; set; }
    public string? LastRefusal { get; set; }
    public Instant? LastEventAt { get; set; }

    /// <summary>Until when a running test may still receive its event.</summary>
    public Instant? TestingUntil { get; private set; }

    /// <summary>When the webhook was tested in its present setup.</summary>
    public Instant? LastTestAt { get; private set; }

    /// <summary>The HTTP status that the provider received for the test event; null when it received none.</summary>
    public int? LastTestStatusCode { get; private set; }

    /// <summary>Whether the test event has arrived at any host.</summary>
    public bool LastTestArrived { get; private set; }

    // ── sync ──
    public bool SyncEnabled { get; set; }

    /// <summary>The configured interval; null for the default.</summary>
    public int? SyncIntervalSeconds { get; set; }
    public bool ProcessRules { get; set; }

    // ── health ──
    public Instant? LastGoodCallAt { get; set; }
    public Instant? LastErrorAt { get; set; }
    public ErrorCode? LastErrorCode { get; set; }
    public string? LastErrorMessage { get; set; }

    /// <summary>When the connection is checked next. It also serves as the lease of the host that checks it.</summary>
    public Instant NextCheckAt { get; set; }

    /// <summary>What is wrong with the webhook; null when nothing is.</summary>
    public ErrorCode? WebhookErrorCode { get; private set; }
    public string? WebhookErrorMessage { get; private set; }

    public void SetWebhookError(UserError error) => (WebhookErrorCode, WebhookErrorMessage) = (error.Code, error.Message);

    public void ClearWebhookError() => (WebhookErrorCode, WebhookErrorMessage) = (null, null);

    /// <summary>Clears the result of the last test, which does not apply to another subscription, key or URL.</summary>
    public void ClearTest() => (LastTestAt, LastTestStatusCode, LastTestArrived) = (null, null, false);

    /// <summary>Whether the provider's events are accepted.</summary>
    public bool ReceivesEvents => WebhookEnabled && SignatureKey is not null;

    /// <summary>The interval in seconds. With webhooks polling is only a safety net; without them it is the only source.</summary>
    public int EffectiveSyncIntervalSeconds => SyncIntervalSeconds ?? (ReceivesEvents ? 900 : 30);

    /// <summary>Stores what the provider reports about the location; values that it leaves out stay. Returns whether anything has
    /// changed.</summary>
    public bool UpdateLocation(PosLocation location, Instant readAt)
    {
        var before = (LocationName, MerchantName, TimeZone, Currency);
        (LocationName, MerchantName) = (location.Name ?? LocationName, location.MerchantName ?? MerchantName);
        (TimeZone, Currency, LocationReadAt) = (location.TimeZone ?? TimeZone, location.Currency ?? Currency, readAt);
        return before != (LocationName, MerchantName, TimeZone, Currency);
    }

    /// <summary>Records a successful call, which ends any earlier problem with the credentials.</summary>
    public void RecordSuccess(Instant calledAt) =>
        (LastGoodCallAt, LastErrorAt, LastErrorCode, LastErrorMessage) = (calledAt, null, null, null);

    /// <summary>The decrypted credentials; null when one of them cannot be decrypted with the configured keys.</summary>
    public PosCredentials? DecryptCredentials(SecretCipher secretCipher)
    {
        var isComplete = true;
        var credentials = new PosCredentials(Environment, ExternalLocationId)
        {
            AccessToken = Read(AccessToken, SecretPurpose.AccessToken(Id)),
            RefreshToken = Read(RefreshToken, SecretPurpose.RefreshToken(Id)),
            ClientId = ClientId,
            ClientSecret = Read(ClientSecret, SecretPurpose.ClientSecret(Id)),
            ExpiresAt = CredentialsExpireAt,
            Currency = Currency,
        };
        return isComplete ? credentials : null;

        string? Read(string? value, SecretPurpose purpose)
        {
            var secret = value is null ? null : secretCipher.Decrypt(value, purpose);
            isComplete &= value is null || secret is not null;
            return secret;
        }
    }

    public void StoreCredentials(PosCredentials credentials, SecretCipher secretCipher, Instant now)
    {
        AccessToken = credentials.AccessToken is { } token ? secretCipher.Encrypt(token, SecretPurpose.AccessToken(Id)) : null;
        RefreshToken = credentials.RefreshToken is { } refresh ? secretCipher.Encrypt(refresh, SecretPurpose.RefreshToken(Id)) : null;
        ClientSecret = credentials.ClientSecret is { } secret ? secretCipher.Encrypt(secret, SecretPurpose.ClientSecret(Id)) : null;
        (ClientId, CredentialsIssuedAt, CredentialsExpireAt) = (credentials.ClientId, now, credentials.ExpiresAt);
    }

    /// <summary>Deletes credentials that are no longer needed.</summary>
    public void ClearCredentials() =>
        (AccessToken, RefreshToken, ClientSecret, ClientId, CredentialsExpireAt) = (null, null, null, null, null);

    /// <summary>Every encrypted value with its purpose and a setter that replaces it.</summary>
    public IEnumerable<(string Value, SecretPurpose Purpose, Action<string> Replace)> EncryptedSecrets()
    {
        if (AccessToken is not null)
            yield return (AccessToken, SecretPurpose.AccessToken(Id), v => AccessToken = v);
        if (RefreshToken is not null)
            yield return (RefreshToken, SecretPurpose.RefreshToken(Id), v => RefreshToken = v);
        if (ClientSecret is not null)
            yield return (ClientSecret, SecretPurpose.ClientSecret(Id), v => ClientSecret = v);
        if (SignatureKey is not null)
            yield return (SignatureKey, SecretPurpose.SignatureKey(Id), v => SignatureKey = v);
        if (PreviousSignatureKey is not null)
            yield return (PreviousSignatureKey, SecretPurpose.PreviousSignatureKey(Id), v => PreviousSignatureKey = v);
    }

    public static void Map(EntityTypeBuilder<PosConnectionRow> connection)
    {
        connection.ToTable("pos_connections").HasKey(c => c.Id);
        connection.Property(c => c.Provider).HasConversion<string>();
        connection.Property(c => c.Environment).HasConversion<string>();
        connection.Property(c => c.WebhookErrorCode).HasConversion<string>();
        connection.Property(c => c.LastErrorCode).HasConversion<string>();
        connection.Ignore(c => c.ReceivesEvents);
        connection.Ignore(c => c.EffectiveSyncIntervalSeconds);
        connection.Property(c => c.SyncEnabled).HasDefaultValue(true);
        connection.Property(c => c.ProcessRules).HasDefaultValue(true);
        connection.HasIndex(c => c.VenueId);
        // A location is connected to one venue at a time; after a disconnect it may move to another.
        connection
            .HasIndex(c => new
            {
                c.Provider,
                c.Environment,
                c.ExternalLocationId,
            })
            .IsUnique()
            .HasFilter("disconnected_at is null");
    }
}

/// <summary>A failed call to the provider, kept for the operator. Only the latest ones of each connection are stored.</summary>
internal sealed class ConnectionError
{
    public const int MaxPerConnection = 20;

    public Guid ConnectionId { get; init; }
    public Guid Id { get; init; }
    public Instant At { get; init; }
    public ErrorCode Code { get; init; }
    public required string Message { get; init; }

    public static void Map(EntityTypeBuilder<ConnectionError> error)
    {
        error.ToTable("connection_errors").HasKey(e => new { e.ConnectionId, e.Id });
        error.Property(e => e.Code).HasConversion<string>();
    }
}
