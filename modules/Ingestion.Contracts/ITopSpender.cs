namespace Ingestion.Contracts;

/// <summary>One of the users who spent most at a venue, as other modules see them. It is the parent of the fields that they add to the
/// GraphQL type TopSpender.</summary>
public interface ITopSpender
{
    string VenueId { get; }

    string UserId { get; }
}
