using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using Rules.SpendRules;

namespace Rules.Members;

/// <summary>A member of a venue: the highest tier and the union of access of their unlocks in force, and the times of their first and
/// last transaction.</summary>
internal sealed class MemberRow
{
    public required string VenueId { get; init; }
    public required string UserId { get; init; }
    public Tier Tier { get; init; }
    public required IReadOnlyList<AccessLevel> Access { get; init; }
    public Instant? FirstSeenAt { get; init; }
    public Instant? LastSeenAt { get; init; }

    /// <summary>The public id of the member: the first 128 bits of a hash, so that it can be computed wherever venue and user are known.
    /// The function rules.member_id, by which the table is indexed, computes the same.</summary>
    public static Guid IdOf(string venueId, string userId) => MemberIds.Of(venueId, userId);

    public static void Map(EntityTypeBuilder<MemberRow> row)
    {
        row.ToTable("members").HasKey(m => new { m.VenueId, m.UserId });
        row.Property(m => m.Tier).HasConversion<short>();
        row.PrimitiveCollection(m => m.Access).ElementType().HasConversion<short>();
        row.HasIndex(m => new
        {
            m.VenueId,
            m.Tier,
            m.UserId,
        });
        row.HasIndex(m => m.UserId);
        row.HasStorageParameter("fillfactor", 80);
    }
}

/// <summary>A change of a member's tier.</summary>
internal sealed class TierChangeRow
{
    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public required string UserId { get; init; }
    public Instant At { get; init; }
    public Tier From { get; init; }
    public Tier To { get; init; }
    public required string Reason { get; init; }
    public Guid? UnlockId { get; init; }

    public static void Map(EntityTypeBuilder<TierChangeRow> row)
    {
        row.ToTable("tier_history")
            .HasKey(t => new
            {
                t.VenueId,
                t.UserId,
                t.Id,
            });
        row.Property(t => t.From).HasColumnName("from_tier").HasConversion<short>();
        row.Property(t => t.To).HasColumnName("to_tier").HasConversion<short>();
    }
}
