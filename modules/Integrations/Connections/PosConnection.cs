using GraphQL;
using Integrations.Contracts;
using NodaTime;
using PosModular.Kernel;

namespace Integrations.Connections;

/// <summary>How a connection is.</summary>
internal enum PosConnectionStatus
{
    /// <summary>Sales come in.</summary>
    Connected,

    /// <summary>Something must be done; statusReason says what.</summary>
    NeedsAttention,

    /// <summary>Cut off; its sales are kept.</summary>
    Disconnected,
}

/// <summary>A till location connected to the venue. No secret is ever shown.</summary>
internal sealed record PosConnection
{
    [Ignore] public required string VenueId { get; init; }

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

    /// <summary>As the provider names the location.</summary>
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

    /// <summary>How its webhooks are set up.</summary>
    public required WebhookSettings Webhook { get; init; }

    public static PosConnection Of(TillConnection c) => new()
    {
        VenueId = c.VenueId,
        Id = c.Id,
        Provider = c.Provider,
        Environment = c.Environment,
        Status = c.DisconnectedAt is not null ? PosConnectionStatus.Disconnected
            : c.AttentionCode is not null ? PosConnectionStatus.NeedsAttention : PosConnectionStatus.Connected,
        StatusReason = c.AttentionCode is { } code ? new UserError(code, c.AttentionMessage!) : null,
        ExternalLocationId = c.ExternalLocationId,
        LocationName = c.LocationName,
        MerchantId = c.MerchantId,
        MerchantName = c.MerchantName,
        TimeZone = c.TimeZone,
        ConnectedAt = c.ConnectedAt,
        DisconnectedAt = c.DisconnectedAt,
        LastGoodCallAt = c.LastGoodCallAt,
        Webhook = new WebhookSettings(c.WebhookEnabled, c.NotificationUrl, c.SubscriptionId),
    };
}

/// <summary>How a connection's webhooks are set up.</summary>
/// <param name="Enabled">Whether events are expected.</param>
/// <param name="NotificationUrl">Exactly as given to the provider; signatures are checked against it.</param>
/// <param name="SubscriptionId">The provider's; null when a key was pasted by hand.</param>
internal sealed record WebhookSettings(bool Enabled, string NotificationUrl, string? SubscriptionId);
