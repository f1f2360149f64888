using GraphQL;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using PosModular.Kernel.Schema;

namespace Integrations.Venues;

/// <summary>A place of business, such as a bar, a club or a restaurant. One query from here can load a whole dashboard.</summary>
internal sealed class Venue : IVenue, INode
{
    /// <summary>The id that your application chose, or a version-7 UUID.</summary>
    [Id]
    public required string Id { get; init; }

    /// <summary>The display name.</summary>
    public required string Name { get; set; }

    /// <summary>The IANA time zone, e.g. Europe/Berlin.</summary>
    public required string TimeZone { get; set; }

    /// <summary>The currency in which revenue is shown, ISO 4217. Transactions in other currencies are kept separate.</summary>
    public required string Currency { get; init; }

    /// <summary>The local time at which the venue's business date starts; a multiple of 15 minutes.</summary>
    public required LocalTime DayCutoff { get; set; }

    /// <summary>The state from which a transaction counts towards lifetime spend.</summary>
    public required CountFrom RulesCountFrom { get; set; }

    /// <summary>What happens to an unlock when a refund takes the lifetime spend below its threshold.</summary>
    public required UnlockPolicy UnlockPolicy { get; set; }

    /// <summary>The users who may see the venue's transactions: the sub claims of their tokens.</summary>
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
