using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Rules.Reevaluations;

/// <summary>Work in the background: one rule is tried on the members who are there already, or the rules that ask for a live session are
/// tried on the transactions of a span. Progress is saved with every step, so any host can go on after a crash.</summary>
internal sealed class ReevaluationRow
{
    public required string VenueId { get; init; }
    public Guid Id { get; init; }

    /// <summary>The rule to apply; null for a span.</summary>
    public Guid? RuleId { get; init; }

    /// <summary>The start of the span, inclusive; null for a rule.</summary>
    public Instant? SpanFrom { get; init; }

    /// <summary>The end of the span, exclusive; null for a rule.</summary>
    public Instant? SpanTo { get; init; }
    public Instant RequestedAt { get; init; }

    /// <summary>The last user who was tried; members are tried in the order of their ids.</summary>
    public string AfterUserId { get; set; } = "";
    public long MembersTried { get; set; }
    public long MembersUnlocked { get; set; }
    public Instant? FinishedAt { get; set; }

    public static void Map(EntityTypeBuilder<ReevaluationRow> row)
    {
        row.ToTable("reevaluations").HasKey(r => new { r.VenueId, r.Id });
        row.HasIndex(r => new { r.VenueId, r.RuleId }).IsUnique().HasFilter("finished_at is null and rule_id is not null");
        row.HasIndex(r => r.RequestedAt).HasFilter("finished_at is null");
    }
}
