using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Identities;

/// <summary>Links an identity to a user of the venue. A user may have several.</summary>
internal sealed class IdentityLink
{
    public required string VenueId { get; init; }

    /// <summary>The identity's token. Tokens of different kinds are never equal.</summary>
    public required string Token { get; init; }

    /// <summary>The public id of the identity, which does not reveal the token.</summary>
    public Guid Id { get; init; }
    public IdentityKind Kind { get; init; }

    /// <summary>The provider whose card or customer it is; null for an e-mail address or a phone number, which is the same at all
    /// providers, and where it is unknown.</summary>
    public Provider? Provider { get; init; }
    public required string UserId { get; set; }
    public Instant LinkedAt { get; set; }

    /// <summary>The user who linked it; null where it was not recorded.</summary>
    public string? LinkedBy { get; set; }

    /// <summary>Payments at or after this instant are the user's; null for all payments, past ones included.</summary>
    public Instant? CountsFrom { get; set; }

    public static void Map(EntityTypeBuilder<IdentityLink> link)
    {
        link.ToTable("identity_links").HasKey(l => new { l.VenueId, l.Token });
        // Hosts of the version before write cards only, through the view card_links.
        link.Property(l => l.Id).HasDefaultValueSql("gen_random_uuid()");
        link.Property(l => l.Kind).HasConversion<short>().HasDefaultValueSql("1");
        link.Property(l => l.Provider).HasConversion<short?>();
        link.HasIndex(l => l.Id).IsUnique();
        link.HasIndex(l => new { l.VenueId, l.UserId });
    }
}
