using NodaTime;

namespace Ingestion.Contracts;

/// <summary>A sale as other modules know it; the parent of the fields they add to the GraphQL type Transaction.</summary>
public interface ITransaction
{
    Guid Id { get; }

    string VenueId { get; }

    /// <summary>Whose sale it is; null while nobody is known.</summary>
    string? UserId { get; }

    Instant OccurredAt { get; }
}
