using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Rules.Spend;

internal static class CountedStatuses
{
    /// <summary>Whether a transaction in this state counts towards spend at a venue that counts from this state on.</summary>
    public static bool Counts(this TransactionStatus status, CountFrom countFrom) =>
        countFrom == CountFrom.Captured ? status.IsCaptured() : status.IsPaid();

    /// <summary>The states in which a transaction counts.</summary>
    public static IReadOnlyCollection<TransactionStatus> Of(CountFrom countFrom) =>
        [.. Enum.GetValues<TransactionStatus>().Where(s => s.Counts(countFrom))];
}

/// <summary>What a user has spent at a venue in all time, in one currency: totals less refunds, in minor units. Both ways of counting are
/// stored, so that a venue may change its rulesCountFrom without a recalculation.</summary>
internal sealed class LifetimeSpend
{
    public required string VenueId { get; init; }
    public required string UserId { get; init; }
    public required string Currency { get; init; }

    /// <summary>Spend over captured and authorised transactions.</summary>
    public long AuthorizedMinor { get; init; }

    /// <summary>Spend over captured transactions only.</summary>
    public long CapturedMinor { get; init; }

    public long CountedMinor(CountFrom countFrom) => countFrom == CountFrom.Captured ? CapturedMinor : AuthorizedMinor;

    public static void Map(EntityTypeBuilder<LifetimeSpend> spend)
    {
        spend
            .ToTable("lifetime_spend")
            .HasKey(s => new
            {
                s.VenueId,
                s.UserId,
                s.Currency,
            });
        spend.HasStorageParameter("fillfactor", 80);
    }
}
