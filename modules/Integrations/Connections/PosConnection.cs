using GraphQL;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;

namespace Integrations.Connections;

/// <summary>A location of a provider that is connected to a venue. Secrets are never shown.</summary>
internal sealed record PosConnection : IPosConnectionPart, INode
{
    [Ignore]
    public required string VenueId { get; init; }

    [Ignore]
    public Guid ConnectionId => Id;

    /// <summary>The connection's id, a version-7 UUID. It is part of the webhook URL.</summary>
    public required Guid Id { get; init; }

    /// <summary>The provider of the point of sale.</summary>
    public required Provider Provider { get; init; }

    /// <summary>The provider's environment to which the location belongs.</summary>
    public required PosEnvironment Environment { get; init; }

    /// <summary>The state of the connection.</summary>
    public required PosConnectionStatus Status { get; init; }

    /// <summary>Why the connection needs attention and what to do; null while it does not.</summary>
    public UserError? StatusReason { get; init; }

    /// <summary>The provider's id of the merchant; null when the provider reports none.</summary>
    public required string ExternalLocationId { get; init; }

    /// <summary>The provider's name of the location, read once a day; null when it has none.</summary>
    public string? LocationName { get; init; }

    /// <summary>The provider's id of the merchant.</summary>
    public string? MerchantId { get; init; }

    /// <summary>The provider's name of the merchant; null when it has none.</summary>
    public string? MerchantName { get; init; }

    /// <summary>The location's own IANA time zone; null when the provider reports none.</summary>
    public string? TimeZone { get; init; }

    /// <summary>When the location was connected, or connected again after a disconnect.</summary>
    public Instant? ConnectedAt { get; init; }

    /// <summary>When the location was disconnected; null while it is connected.</summary>
    public Instant? DisconnectedAt { get; init; }

    /// <summary>When the provider last answered a call successfully; null before the first one.</summary>
    public Instant? LastGoodCallAt { get; init; }

    /// <summary>When the credentials expire; null when they do not, or when the provider does not report it.</summary>
    public Instant? CredentialsExpireAt { get; init; }

    /// <summary>The webhook setup of the connection.</summary>
    public required WebhookSettings Webhook { get; init; }

    /// <summary>The polling setup of the connection.</summary>
    public required SyncSettings Sync { get; init; }

    public static PosConnection Of(PosConnectionRow row, SecretCipher secretCipher, Instant now) =>
        Of(row, ConnectionStatus.Of(row, IsReadable(row, secretCipher), now));

    // A connection is readable only when every secret that is still in use can be decrypted.
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

/// <summary>The webhook setup of a connection.</summary>
/// <param name="ConnectionId">The id of the connection.</param>
/// <param name="Enabled">Whether events are accepted: webhooks are switched on and a signature key is known.</param>
/// <param name="NotificationUrl">The webhook URL exactly as it was given to the provider; signatures are computed over it.</param>
/// <param name="SubscriptionId">The provider's id of the subscription; null when there is none or its key was passed by hand.</param>
/// <param name="LastEventAt">When the last genuine event arrived, accurate to a few seconds; null before the first one.</param>
/// <param name="RefusedSignatures">The number of requests to this URL that were rejected because of their signature.</param>
/// <param name="LastRefusal">A diagnosis of the last rejected request, for the operator; null when none was rejected.</param>
/// <param name="LastTest">The result of the last testWebhook; null when none was sent since the subscription, its key or its URL last
/// changed. It does not affect the status of the connection.</param>
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

/// <summary>The polling setup of a connection.</summary>
/// <param name="ConnectionId">The id of the connection.</param>
/// <param name="VenueId">The id of the venue.</param>
/// <param name="DisconnectedAt">When the location was disconnected; null while it is connected.</param>
/// <param name="Enabled">Whether the connection is polled automatically.</param>
/// <param name="IntervalSeconds">The time from the start of one sync run to the start of the next, in seconds.</param>
/// <param name="ProcessRules">Whether transactions of this connection take part in spend rules.</param>
internal sealed record SyncSettings(
    [property: Ignore] Guid ConnectionId,
    [property: Ignore] string VenueId,
    [property: Ignore] Instant? DisconnectedAt,
    bool Enabled,
    int IntervalSeconds,
    bool ProcessRules
) : IPosConnectionPart;
