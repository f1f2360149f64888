using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Integrations.Credentials;

/// <summary>The key for the hashes of e-mail addresses and phone numbers, encrypted with the encryption key. It is random and never
/// changes, because its hashes cannot be computed again; when the encryption key changes, it is encrypted again.</summary>
internal sealed class ContactKey
{
    public Guid Id { get; init; }
    public required string EncryptedKey { get; set; }
    public Instant CreatedAt { get; init; }

    public static void Map(EntityTypeBuilder<ContactKey> key) => key.ToTable("contact_keys").HasKey(k => k.Id);
}
