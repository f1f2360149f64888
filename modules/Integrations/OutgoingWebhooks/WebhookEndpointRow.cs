using Integrations.Credentials;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Integrations.OutgoingWebhooks;

/// <summary>An address of another system to which a venue's events are sent, as stored. Its secrets are encrypted.</summary>
internal sealed class WebhookEndpointRow
{
    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public required string Url { get; set; }
    public required IReadOnlyList<string> Types { get; set; }
    public bool Enabled { get; set; } = true;
    public Instant CreatedAt { get; init; }

    /// <summary>The secret that signs, encrypted.</summary>
    public required string Secret { get; set; }

    /// <summary>The secret before the last rotation, encrypted. It signs too, so that receivers can change over.</summary>
    public string? PreviousSecret { get; set; }
    public Instant? PreviousSecretUntil { get; set; }

    /// <summary>The first failure since the last success; null while deliveries succeed.</summary>
    public Instant? FailingSince { get; set; }

    /// <summary>No delivery is tried before this time, because the last one failed.</summary>
    public Instant? HeldUntil { get; set; }

    /// <summary>When the endpoint was disabled because it had failed for days; null otherwise.</summary>
    public Instant? PausedAt { get; set; }

    /// <summary>Forgets earlier failures, so that the next delivery is tried at once.</summary>
    public void ClearFailures() => (FailingSince, HeldUntil, PausedAt) = (null, null, null);

    public void StoreSecret(string secret, SecretCipher cipher) => Secret = cipher.Encrypt(secret, SecretPurpose.EndpointSecret(Id));

    /// <summary>Makes the present secret the previous one and stores a new one.</summary>
    public void RotateSecret(string secret, string current, Instant previousUntil, SecretCipher cipher)
    {
        PreviousSecret = cipher.Encrypt(current, SecretPurpose.PreviousEndpointSecret(Id));
        PreviousSecretUntil = previousUntil;
        StoreSecret(secret, cipher);
    }

    /// <summary>Every encrypted value with its purpose and a setter that replaces it.</summary>
    public IEnumerable<(string Value, SecretPurpose Purpose, Action<string> Replace)> EncryptedSecrets()
    {
        yield return (Secret, SecretPurpose.EndpointSecret(Id), v => Secret = v);
        if (PreviousSecret is not null)
            yield return (PreviousSecret, SecretPurpose.PreviousEndpointSecret(Id), v => PreviousSecret = v);
    }

    public static void Map(EntityTypeBuilder<WebhookEndpointRow> endpoint)
    {
        endpoint.ToTable("webhook_endpoints").HasKey(e => e.Id);
        endpoint.HasIndex(e => e.VenueId);
        endpoint.HasStorageParameter("fillfactor", 50);
    }
}
