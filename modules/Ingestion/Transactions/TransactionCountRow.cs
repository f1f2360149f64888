using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace Ingestion.Transactions;

/// <summary>Whether a transaction is matched to a user, and why not. The database stores the numbers.</summary>
internal enum MatchOutcome : short
{
    /// <summary>It is neither authorised nor captured, or is a refund without its payment, so it is no sale.</summary>
    NoSale = 0,

    /// <summary>It is matched to a user.</summary>
    Matched = 1,

    /// <summary>It was paid in cash.</summary>
    Cash = 2,

    /// <summary>It carries no card token.</summary>
    NoCardToken = 3,

    /// <summary>It carries a card token that is linked to nobody.</summary>
    CardNotLinked = 4,
}

/// <summary>How many transactions of a day of UTC arrived through a connection with the same outcome. A trigger of
/// <c>ingestion.transactions</c> changes it in the same statement as the transactions themselves, so it is exact for every
/// reader.</summary>
internal sealed class TransactionCountRow
{
    public required string VenueId { get; init; }
    public Guid ConnectionId { get; init; }
    public Provider Provider { get; init; }

    /// <summary>The day of UTC on which the transactions occurred.</summary>
    public LocalDate Day { get; init; }
    public MatchOutcome Outcome { get; init; }
    public long Count { get; init; }

    public static void Map(EntityTypeBuilder<TransactionCountRow> row)
    {
        row.ToTable("transaction_counts")
            .HasStorageParameter("fillfactor", 50)
            .HasKey(c => new
            {
                c.VenueId,
                c.Day,
                c.ConnectionId,
                c.Provider,
                c.Outcome,
            });
        row.Property(c => c.Provider).HasConversion<short>();
        row.Property(c => c.Outcome).HasConversion<short>();
    }
}
