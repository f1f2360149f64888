using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>What a user was given. A user has at most one unlock of each rule in force.</summary>
internal sealed class UnlockRow
{
    public Guid Id { get; init; }
    public required string VenueId { get; init; }
    public required string UserId { get; init; }

    /// <summary>Null for a grant by hand.</summary>
    public Guid? RuleId { get; init; }

    /// <summary>The rule's name when it gave the unlock; null for a grant by hand.</summary>
    public string? RuleName { get; init; }
    public Tier Tier { get; init; }
    public required IReadOnlyList<AccessLevel> Access { get; init; }
    public Guid? TransactionId { get; init; }
    public long? SpendMinor { get; init; }

    /// <summary>The rule's threshold when it gave the unlock; spend below it revokes the unlock. Null for a grant by hand.</summary>
    public long? ThresholdMinor { get; init; }

    /// <summary>The currency of spend and threshold; null for a grant by hand.</summary>
    public string? Currency { get; init; }

    /// <summary>Why it was given, where the rule does not say it.</summary>
    public string? Reason { get; init; }
    public Instant UnlockedAt { get; init; }
    public Instant? RevokedAt { get; init; }
    public string? RevokedReason { get; init; }

    /// <summary>The user who revoked the unlock by hand; null when the unlock policy did. The rule does not unlock for the member
    /// again.</summary>
    public string? RevokedBy { get; init; }

    /// <summary>The sequence of the unlock in the venue's feed of memberships.</summary>
    public long Seq { get; init; }

    /// <summary>The sequence of the revocation in the same feed; null while the unlock is in force.</summary>
    public long? RevokedSeq { get; init; }

    public static void Map(EntityTypeBuilder<UnlockRow> row)
    {
        row.ToTable("unlocks").HasKey(u => new { u.VenueId, u.Id });
        row.Property(u => u.Tier).HasConversion<short>();
        row.PrimitiveCollection(u => u.Access).ElementType().HasConversion<short>();
        row.HasIndex(u => u.Id).IsUnique();
        row.HasIndex(u => new { u.VenueId, u.Seq }).IsUnique();
        row.HasIndex(u => new { u.VenueId, u.RevokedSeq }).IsUnique().HasFilter("revoked_seq is not null");
        row.HasIndex(u => new
            {
                u.VenueId,
                u.RuleId,
                u.UserId,
            })
            .IsUnique()
            .HasFilter("revoked_at is null and rule_id is not null");
        row.HasIndex(u => new { u.VenueId, u.UserId });
    }
}
