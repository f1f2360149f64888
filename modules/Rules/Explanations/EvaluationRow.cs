using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Rules.Explanations;

/// <summary>What the enabled rules said of a transaction when it last raised a member's spend. The lists have one element for each rule, in
/// the order of evaluation. It is stored because rules, sessions and spend change later.</summary>
internal sealed class EvaluationRow
{
    public required string VenueId { get; init; }
    public Guid TransactionId { get; init; }

    /// <summary>The sequence number of the change that raised the spend, in the venue's feed of transactions.</summary>
    public long Seq { get; init; }
    public Instant At { get; init; }
    public required Guid[] RuleIds { get; init; }

    /// <summary>The conditions that were not met: see UnmetConditions.</summary>
    public required short[] Unmet { get; init; }
    public required long[] SpendMinor { get; init; }
    public required long[] ThresholdMinor { get; init; }

    public static void Map(EntityTypeBuilder<EvaluationRow> row)
    {
        row.ToTable("evaluations").HasKey(e => new { e.VenueId, e.TransactionId });
        row.HasStorageParameter("fillfactor", 90);
    }
}
