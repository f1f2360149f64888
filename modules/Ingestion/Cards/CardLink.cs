using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Cards;

/// <summary>Links a card to a user of the venue.</summary>
internal sealed class CardLink
{
    public required string VenueId { get; init; }
    public required string CardToken { get; init; }
    public required string UserId { get; set; }
    public Instant LinkedAt { get; set; }

    /// <summary>Payments at or after this instant are the user's; null for all payments, past ones included.</summary>
    public Instant? CountsFrom { get; set; }

    public static void Map(EntityTypeBuilder<CardLink> link) => link.ToTable("card_links").HasKey(l => new { l.VenueId, l.CardToken });
}
