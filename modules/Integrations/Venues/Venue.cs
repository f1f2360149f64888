using GraphQL;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Integrations.Venues;

/// <summary>A bar, a club, a restaurant: the hub of everything; one query can load a whole dashboard.</summary>
internal sealed class Venue : IVenue
{
    /// <summary>The application's own id, or a version-7 UUID.</summary>
    [Id]
    public required string Id { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; set; }

    /// <summary>IANA, e.g. Europe/Berlin.</summary>
    public required string TimeZone { get; set; }

    /// <summary>ISO 4217; what revenue is shown in. Sales of other currencies are kept apart.</summary>
    public required string Currency { get; init; }

    /// <summary>The venue's day starts here; a multiple of 15 minutes.</summary>
    public required LocalTime DayCutoff { get; set; }

    /// <summary>From which state on a sale counts as lifetime spend.</summary>
    public required CountFrom RulesCountFrom { get; set; }

    /// <summary>What becomes of an unlock when a refund takes the spend below its threshold.</summary>
    public required UnlockPolicy UnlockPolicy { get; set; }

    /// <summary>Who may see the venue's sales.</summary>
    [Id]
    public required IReadOnlyList<string> OwnerUserIds { get; set; }

    [Ignore]
    public Instant CreatedAt { get; init; }

    public static void Map(EntityTypeBuilder<Venue> venue)
    {
        venue.ToTable("venues").HasKey(v => v.Id);
        venue.Property(v => v.RulesCountFrom).HasConversion<string>();
        venue.Property(v => v.UnlockPolicy).HasConversion<string>();
        venue.PrimitiveCollection(v => v.OwnerUserIds).ElementType();
        venue.HasIndex(v => v.OwnerUserIds).HasMethod("gin");
    }
}
