namespace Ingestion.Contracts;

/// <summary>What linking or unlinking a card has changed, as other modules see it. It is the parent of the fields that they add to the
/// GraphQL type LinkCardPayload.</summary>
public interface IAssignment
{
    /// <summary>The venue; null when the input was wrong and nothing was changed.</summary>
    string? VenueId { get; }

    /// <summary>The user to whom the card belongs or, after it was unlinked, belonged; null when it belonged to nobody.</summary>
    string? UserId { get; }

    /// <summary>The sequence number of the last change in the venue's feed.</summary>
    long Seq { get; }
}
