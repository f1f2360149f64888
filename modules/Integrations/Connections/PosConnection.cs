using GraphQL;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Connections;

/// <summary>A till location connected to the venue. No secret is ever shown.</summary>
internal sealed record PosConnection : IPosConnectionPart
{
    [Ignore]
    public required string VenueId { get; init; }

    [Ignore]
    public Guid ConnectionId => Id;

    /// <summary>A version-7 UUID; it is part of the webhook address.</summary>
    public required Guid Id { get; init; }

    /// <summary>Whose till it is.</summary>
    public required Provider Provider { get; init; }

    /// <summary>Which of the provider's worlds it lives in.</summary>
    public required PosEnvironment Environment { get; init; }

    /// <summary>How it is.</summary>
    public required PosConnectionStatus Status { get; init; }

    /// <summary>Why it needs attention and what to do.</summary>
    public UserError? StatusReason { get; init; }

    /// <summary>Square location id, Toast restaurant GUID.</summary>
    public required string ExternalLocationId { get; init; }

    /// <summary>As the provider names the location; read anew once a day.</summary>
    public string? LocationName { get; init; }

    /// <summary>The provider's id of the merchant.</summary>
    public string? MerchantId { get; init; }

    /// <summary>As the provider names the merchant.</summary>
    public string? MerchantName { get; init; }

    /// <summary>The till's own, IANA.</summary>
    public string? TimeZone { get; init; }

    /// <summary>When it was connected, or last given new credentials.</summary>
    public Instant? ConnectedAt { get; init; }

    /// <summary>When it was cut off.</summary>
    public Instant? DisconnectedAt { get; init; }

    /// <summary>The last call that the provider answered well.</summary>
    public Instant? LastGoodCallAt { get; init; }

    /// <summary>When the credentials end; null when they do not, or the provider does not tell.</summary>
    public Instant? CredentialsExpireAt { get; init; }

    /// <summary>How its webhooks are set up.</summary>
    public required WebhookSettings Webhook { get; init; }

    /// <summary>How it is polled.</summary>
    public required SyncSettings Sync { get; init; }

    public static PosConnection Of(PosConnectionRow row, SecretCipher secretCipher, Instant now) =>
        Of(row, ConnectionStatus.Of(row, IsReadable(row, secretCipher), now));

    // Every secret that is still of use, or it is quarantined.
    private static bool IsReadable(PosConnectionRow row, SecretCipher secretCipher) =>
        row.EncryptedSecrets().All(s => secretCipher.Decrypt(s.Value, s.Purpose) is not null);

    private static PosConnection Of(PosConnectionRow row, (PosConnectionStatus Status, UserError? Reason) status) =>
        new()
        {
            VenueId = row.VenueId,
            Id = row.Id,
            Provider = row.Provider,
            Environment = row.Environment,
            Status = status.Status,
            StatusReason = status.Reason,
            ExternalLocationId = row.ExternalLocationId,
            LocationName = row.LocationName,
            MerchantId = row.MerchantId,
            MerchantName = row.MerchantName,
            TimeZone = row.TimeZone,
            ConnectedAt = row.ConnectedAt,
            DisconnectedAt = row.DisconnectedAt,
            LastGoodCallAt = row.LastGoodCallAt,
            CredentialsExpireAt = row.CredentialsExpireAt,
            Webhook = new WebhookSettings(
                row.Id,
                row.ReceivesEvents,
                row.NotificationUrl,
                row.SubscriptionId,
                row.LastEventAt,
                row.RefusedSignatures,
                row.LastRefusal,
                WebhookTest.Of(row)
            ),
            Sync = new SyncSettings(
                row.Id,
                row.VenueId,
                row.DisconnectedAt,
                row.SyncEnabled && row.DisconnectedAt is null,
                row.EffectiveSyncIntervalSeconds,
                row.ProcessRules
            ),
        };
}

/// <summary>How a connection's webhooks are set up.</summary>
/// <param name="ConnectionId">Whose.</param>
/// <param name="Enabled">Whether events are let in: wanted, and there is a key to check them with.</param>
/// <param name="NotificationUrl">Exactly as given to the provider; signatures are checked against it.</param>
/// <param name="SubscriptionId">The provider's; null when a key was pasted by hand.</param>
/// <param name="LastEventAt">When the last genuine event came; a few seconds behind at most.</param>
/// <param name="RefusedSignatures">Requests to its address that were refused.</param>
/// <param name="LastRefusal">What the last refusal looked like, for the operator.</param>
/// <param name="LastTest">What came of the last testWebhook; null when none was sent since the subscription, its key or its address last changed. It never turns the status.</param>
internal sealed record WebhookSettings(
    [property: Ignore] Guid ConnectionId,
    bool Enabled,
    string NotificationUrl,
    string? SubscriptionId,
    Instant? LastEventAt,
    long RefusedSignatures,
    string? LastRefusal,
    WebhookTest? LastTest
);

/// <summary>How a connection is polled.</summary>
/// <param name="ConnectionId">Whose.</param>
/// <param name="VenueId">At which venue.</param>
/// <param name="DisconnectedAt">When the till was cut off.</param>
/// <param name="Enabled">Whether it is polled by itself.</param>
/// <param name="IntervalSeconds">From the start of one sync to the next.</param>
/// <param name="ProcessRules">Whether its sales may unlock.</param>
internal sealed record SyncSettings(
    [property: Ignore] Guid ConnectionId,
    [property: Ignore] string VenueId,
    [property: Ignore] Instant? DisconnectedAt,
    bool Enabled,
    int IntervalSeconds,
    bool ProcessRules
) : IPosConnectionPart;
