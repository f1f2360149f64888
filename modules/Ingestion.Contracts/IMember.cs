namespace Ingestion.Contracts;

/// <summary>A member of a venue, as the module that keeps the transactions sees them. It is the parent of the fields that it adds to the
/// GraphQL type Member.</summary>
public interface IMember
{
    string VenueId { get; }

    string UserId { get; }
}
