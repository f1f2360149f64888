using Integrations.Contracts.Access;

namespace Ingestion.Contracts;

/// <summary>User ids that are one person, as the module that keeps the transactions joins them and answers other modules.</summary>
public interface IGuestMerges
{
    /// <summary>Joins two user ids of a venue: transactions and identities of the first become those of the second, and so does whatever
    /// comes for the first later. It is recorded in the audit log. Returns the sequence number of the last change in the venue's feed and
    /// the user id that stands for both.</summary>
    Task<(long Seq, string UserId)> MergeAsync(
        string venueId,
        string fromUserId,
        string intoUserId,
        Caller caller,
        CancellationToken cancellationToken
    );

    /// <summary>Where these users were merged into another one, and into which.</summary>
    Task<IReadOnlyList<MergedUser>> ListAsync(IReadOnlyCollection<string> userIds, CancellationToken cancellationToken);
}

/// <summary>A user id that was merged into another one.</summary>
/// <param name="VenueId">The venue.</param>
/// <param name="UserId">The id that was merged.</param>
/// <param name="IntoUserId">The id that stands for both.</param>
public sealed record MergedUser(string VenueId, string UserId, string IntoUserId);
