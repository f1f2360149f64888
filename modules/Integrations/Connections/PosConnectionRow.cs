using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Integrations.Providers;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Connections;

/// <summary>One till location connected to one venue. Secrets are kept sealed.</summary>
internal sealed class PosConnectionRow
{
    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public Provider Provider { get; init; }
    public PosEnvironment Environment { get; init; }

    /// <summary>Square location id, Toast restaurant GUID.</summary>
    public required string ExternalLocationId { get; init; }
    public string? LocationName { get; set; }
    public string? MerchantId { get; set; }
    public string? MerchantName { get; set; }
    public string? TimeZone { get; set; }

    /// <summary>What its amounts are in, ISO 4217: Toast's name none themselves. Null when it was connected before this was kept.</summary>
    public string? Currency { get; set; }

    /// <summary>When the provider was last asked for these names; null when it was connected before this was kept.</summary>
    public Instant? LocationReadAt { get; private set; }
    public Instant ConnectedAt { get; set; }
    public Instant? DisconnectedAt { get; set; }

    // ── credentials; secrets sealed ──
    public string? AccessToken { get; set; }
    public string? RefreshToken { get; set; }
    public string? ClientId { get; set; }
    public string? ClientSecret { get; set; }

    /// <summary>When the access token was given or renewed.</summary>
    public Instant? CredentialsIssuedAt { get; set; }
    public Instant? CredentialsExpireAt { get; set; }

    /// <summary>Somebody is renewing them just now, for at most so long.</summary>
    public Instant? RenewalLeaseUntil { get; set; }

    // ── webhook ──
    public bool WebhookEnabled { get; set; }

    /// <summary>Exactly as given to the provider; signatures are checked against it.</summary>
    public required string NotificationUrl { get; set; }

    /// <summary>Also good, for as long as the provider may still send to it, or just begins to: the one before, or the next one.</summary>
    public string? OtherNotificationUrl { get; set; }
    public Instant? OtherNotificationUrlUntil { get; set; }
    public string? SubscriptionId { get; set; }

    /// <summary>How many there have been.</summary>
    public int SubscriptionCount { get; set; }

    /// <summary>Sealed.</summary>
    public string? SignatureKey { get; set; }

    /// <summary>Sealed; the one before, good for as long as events signed with it may still come.</summary>
    public string? PreviousSignatureKey { get; set; }
    public Instant? PreviousSignatureKeyUntil { get; set; }

    /// <summary>Set while the provider is asked for a new key: what it signs with is not known for a moment.</summary>
    public Instant? RotatingUntil { get; set; }
    public long RefusedSignatures { get; set; }
    public string? LastRefusal { get; set; }
    public Instant? LastEventAt { get; set; }

    /// <summary>A test event may be on its way, for at most so long.</summary>
    public Instant? TestingUntil { get; private set; }

    /// <summary>When the webhook was tested as it is set up now.</summary>
    public Instant? LastTestAt { get; private set; }

    /// <summary>What the provider was answered; null when it was not.</summary>
    public int? LastTestStatusCode { get; private set; }

    /// <summary>Whether its event came in, at whichever host.</summary>
    public bool LastTestArrived { get; private set; }

    // ── sync ──
    public bool SyncEnabled { get; set; }

    /// <summary>As somebody has set it; null for the usual one.</summary>
    public int? SyncIntervalSeconds { get; set; }
    public bool ProcessRules { get; set; }

    // ── health ──
    public Instant? LastGoodCallAt { get; set; }
    public Instant? LastErrorAt { get; set; }
    public ErrorCode? LastErrorCode { get; set; }
    public string? LastErrorMessage { get; set; }

    /// <summary>When it is looked after next; also the lease of whoever does it.</summary>
    public Instant NextCheckAt { get; set; }

    /// <summary>What is wrong with its webhook; null when all is well.</summary>
    public ErrorCode? WebhookErrorCode { get; private set; }
    public string? WebhookErrorMessage { get; private set; }

    public void SetWebhookError(UserError error) => (WebhookErrorCode, WebhookErrorMessage) = (error.Code, error.Message);

    public void ClearWebhookError() => (WebhookErrorCode, WebhookErrorMessage) = (null, null);

    /// <summary>Another subscription, key or address: what the test said is of no use any more.</summary>
    public void ClearTest() => (LastTestAt, LastTestStatusCode, LastTestArrived) = (null, null, false);

    /// <summary>Whether the provider's events are let in.</summary>
    public bool ReceivesEvents => WebhookEnabled && SignatureKey is not null;

    /// <summary>In seconds: events make polling a safety net; without them it is all there is.</summary>
    public int EffectiveSyncIntervalSeconds => SyncIntervalSeconds ?? (ReceivesEvents ? 900 : 30);

    /// <summary>Takes over what the provider tells of the location; what it leaves out stays. True when something is new.</summary>
    public bool UpdateLocation(PosLocation location, Instant readAt)
    {
        var before = (LocationName, MerchantName, TimeZone, Currency);
        (LocationName, MerchantName) = (location.Name ?? LocationName, location.MerchantName ?? MerchantName);
        (TimeZone, Currency, LocationReadAt) = (location.TimeZone ?? TimeZone, location.Currency ?? Currency, readAt);
        return before != (LocationName, MerchantName, TimeZone, Currency);
    }

    /// <summary>A good call: what was wrong with the credentials before is over.</summary>
    public void RecordSuccess(Instant calledAt) =>
        (LastGoodCallAt, LastErrorAt, LastErrorCode, LastErrorMessage) = (calledAt, null, null, null);

    /// <summary>The credentials in clear; null when one of them was sealed with a key that is not here: they stay as they are until it is.</summary>
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

    /// <summary>Credentials that are of no use any more are not kept.</summary>
    public void ClearCredentials() =>
        (AccessToken, RefreshToken, ClientSecret, ClientId, CredentialsExpireAt) = (null, null, null, null, null);

    /// <summary>Every sealed value with what it is for, and how to put another in its place.</summary>
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
        // A till location is connected to one venue at a time; after a disconnect it may move.
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

/// <summary>A call to the provider that went wrong, kept for the operator; the last ones of each connection.</summary>
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
