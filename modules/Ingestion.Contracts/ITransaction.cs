using NodaTime;

namespace Ingestion.Contracts;

/// <summary>A transaction as other modules see it. It is the parent of the fields that they add to the GraphQL type Transaction.</summary>
public interface ITransaction
{
    Guid Id { get; }

    string VenueId { get; }

    /// <summary>The user who paid; null while the transaction is matched to nobody.</summary>
    string? UserId { get; }

    Instant OccurredAt { get; }

    TransactionStatus Status { get; }

    /// <summary>Whether its connection excludes it from rules (processRules: false).</summary>
    bool RulesOff { get; }

    /// <summary>The sequence number of its latest change in the venue's feed.</summary>
    long Seq { get; }
}
