using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel;

namespace Integrations.Connections;

/// <summary>One till location connected to one venue. Secrets are kept sealed.</summary>
internal sealed class TillConnection
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
    public Instant ConnectedAt { get; set; }
    public Instant? DisconnectedAt { get; set; }
    public Instant? LastGoodCallAt { get; set; }

    /// <summary>Sealed.</summary>
    public required string AccessToken { get; set; }

    public bool WebhookEnabled { get; set; }

    /// <summary>Exactly as given to the provider; signatures are checked against it.</summary>
    public required string NotificationUrl { get; set; }
    public string? SubscriptionId { get; set; }

    /// <summary>Sealed.</summary>
    public string? SignatureKey { get; set; }

    public ErrorCode? AttentionCode { get; private set; }
    public string? AttentionMessage { get; private set; }

    public void NeedsAttention(UserError reason) => (AttentionCode, AttentionMessage) = (reason.Code, reason.Message);

    public void IsWell() => (AttentionCode, AttentionMessage) = (null, null);

    public static void Map(EntityTypeBuilder<TillConnection> connection)
    {
        connection.ToTable("pos_connections").HasKey(c => c.Id);
        connection.Property(c => c.Provider).HasConversion<string>();
        connection.Property(c => c.Environment).HasConversion<string>();
        connection.Property(c => c.AttentionCode).HasConversion<string>();
        connection.HasIndex(c => c.VenueId);
        // A till location is connected to one venue at a time; after a disconnect it may move.
        connection.HasIndex(c => new { c.Provider, c.Environment, c.ExternalLocationId }).IsUnique().HasFilter("disconnected_at is null");
    }
}
