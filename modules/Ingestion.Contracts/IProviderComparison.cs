using Integrations.Contracts.Connections;
using NodaTime;
using PosModular.Kernel.Amounts;

namespace Ingestion.Contracts;

/// <summary>Compares the transactions of one connection and business date with what its provider lists now.</summary>
public interface IProviderComparison
{
    /// <summary>Whether the days of this provider can be listed.</summary>
    bool IsSupported(Provider provider);

    /// <summary>Reads the day from the provider page by page and compares it with what is stored. It gives way to syncs of the connection.
    /// Neither the number of payments nor that of their pages is kept in memory. An answer that cannot be read completely is a fault, so
    /// that a day is never equal by mistake.</summary>
    Task<ProviderResult<ComparedDay>> CompareAsync(DayToCompare day, CancellationToken cancellationToken);

    /// <summary>The transactions of these payments of a connection, by the provider's ids.</summary>
    Task<IReadOnlyDictionary<string, Guid>> FindTransactionsAsync(
        Guid connectionId,
        IReadOnlyCollection<string> externalIds,
        CancellationToken cancellationToken
    );
}

/// <summary>The day to compare.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="BusinessDate">The business date.</param>
/// <param name="From">The start of the business date, inclusive.</param>
/// <param name="To">The end of the business date, exclusive.</param>
/// <param name="RepairId">Names the reconciliation in the history of the transactions. What the provider reports is then stored before it
/// is compared, as the page of a sync is. Null to compare only.</param>
public sealed record DayToCompare(Guid ConnectionId, LocalDate BusinessDate, Instant From, Instant To, string? RepairId);

/// <summary>The result of a comparison.</summary>
/// <param name="Sums">The sums of both sides, one for each currency that either of them has.</param>
/// <param name="Differences">What differs, by its id; at most <see cref="MaxDifferences"/>.</param>
public sealed record ComparedDay(IReadOnlyList<ComparedSums> Sums, IReadOnlyList<Difference> Differences)
{
    public const int MaxDifferences = 1_000;

    /// <summary>Whether nothing differs.</summary>
    public bool IsEqual => Differences.Count == 0 && Sums.All(s => s.Ours == s.Theirs);
}

/// <summary>The sums of both sides in one currency.</summary>
public sealed record ComparedSums(string Currency, DaySums Ours, DaySums Theirs);

/// <summary>The sums of one business date; amounts are in minor units.</summary>
/// <param name="Count">The number of captured payments.</param>
/// <param name="TotalMinor">What guests paid in them, tips included.</param>
/// <param name="TipMinor">The tips within the total.</param>
/// <param name="RefundedMinor">The refunds that were given on this date, whatever the dates of their payments.</param>
public sealed record DaySums(long Count, long TotalMinor, long TipMinor, long RefundedMinor);

/// <summary>A payment or refund that differs.</summary>
/// <param name="ExternalId">The provider's id of the payment or refund.</param>
/// <param name="IsRefund">Whether it is a refund.</param>
/// <param name="TransactionId">The transaction here, for a refund that of its payment; null when there is none.</param>
/// <param name="Ours">The amount here; null when it is missing here.</param>
/// <param name="Theirs">The amount at the provider; null when the provider does not know it.</param>
/// <param name="Kind">How it differs.</param>
/// <param name="Detail">What was asked and answered, for people.</param>
public sealed record Difference(
    string ExternalId,
    bool IsRefund,
    Guid? TransactionId,
    Money? Ours,
    Money? Theirs,
    DifferenceKind Kind,
    string Detail
);

/// <summary>How a payment or refund differs.</summary>
/// <remarks>The database stores the numbers.</remarks>
public enum DifferenceKind : short
{
    /// <summary>The provider has it, and it is missing here.</summary>
    MissingHere = 1,

    /// <summary>It is stored here, and the provider does not know it.</summary>
    UnknownThere = 2,

    /// <summary>The total, the tip, the amount refunded or the currency differs.</summary>
    Amount = 3,

    /// <summary>The state differs, for example captured and cancelled.</summary>
    Status = 4,

    /// <summary>It belongs to this business date on one side and to another one on the other side.</summary>
    BusinessDate = 5,
}
