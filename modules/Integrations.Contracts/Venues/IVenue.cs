using Integrations.Contracts.Access;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Contracts.Venues;

/// <summary>A venue as other modules see it: the parent of the fields that they add to the GraphQL type Venue.</summary>
public interface IVenue
{
    /// <summary>The id that the application chose, or a version-7 UUID.</summary>
    string Id { get; }

    /// <summary>The display name.</summary>
    string Name { get; }

    /// <summary>The IANA time zone, e.g. Europe/Berlin.</summary>
    string TimeZone { get; }

    /// <summary>The currency of the venue, ISO 4217.</summary>
    string Currency { get; }

    /// <summary>The local time at which the venue's business date starts; a multiple of 15 minutes.</summary>
    LocalTime DayCutoff { get; }

    /// <summary>The state from which a transaction counts towards lifetime spend.</summary>
    CountFrom RulesCountFrom { get; }

    /// <summary>What happens to an unlock when a refund takes the lifetime spend below its threshold.</summary>
    UnlockPolicy UnlockPolicy { get; }

    IReadOnlyList<string> OwnerUserIds { get; }
}

/// <summary>What happens to an unlock when a refund takes the lifetime spend below its threshold.</summary>
public enum UnlockPolicy
{
    /// <summary>The unlock stays in force.</summary>
    Keep,

    /// <summary>The unlock is revoked.</summary>
    Revoke,
}

/// <summary>The state from which a transaction counts towards lifetime spend.</summary>
public enum CountFrom
{
    /// <summary>A transaction counts as soon as it is authorised, so that guests who have paid get their access at once. A cancelled
    /// authorisation is deducted again.</summary>
    Authorized,

    /// <summary>A transaction counts only after it is captured.</summary>
    Captured,
}

/// <summary>Gives other modules read access to venues.</summary>
public interface IVenues
{
    /// <summary>A venue by its id, from a cache that is at most a few seconds old; null when there is none.</summary>
    ValueTask<IVenue?> FindAsync(string venueId, CancellationToken cancellationToken);

    /// <summary>A venue as it is in the database at this moment. Throws FORBIDDEN, as for a venue that the caller may not see, when there
    /// is none.</summary>
    Task<IVenue> ReadAsync(string venueId, CancellationToken cancellationToken);

    /// <summary>The existing venues among these ids.</summary>
    ValueTask<IReadOnlyDictionary<string, IVenue>> FindAsync(IReadOnlyCollection<string> venueIds, CancellationToken cancellationToken);

    /// <summary>The ids of all venues, in order.</summary>
    Task<IReadOnlyList<string>> ListIdsAsync(CancellationToken cancellationToken);

    /// <summary>The venues that this user owns.</summary>
    Task<IReadOnlyList<IVenue>> ListOwnedAsync(string userId, CancellationToken cancellationToken);
}

public static class VenueAccessExtensions
{
    /// <summary>A venue on which the caller has a right. Throws FORBIDDEN otherwise, with the same message for a venue that does not
    /// exist and one that the caller may not see.</summary>
    public static async ValueTask<IVenue> DemandAsync(
        this IVenues venues,
        string venueId,
        Right right,
        Caller caller,
        CancellationToken cancellationToken
    )
    {
        if (await venues.FindAsync(venueId, cancellationToken) is not { } venue || !caller.May(Right.ViewVenue, venue))
            throw NotVisible();
        caller.Demand(right, venue);
        return venue;
    }

    /// <summary>The error for a venue that does not exist or that the caller may not see.</summary>
    public static ApiError NotVisible() =>
        ApiError.Forbidden(
            "There is no such venue, or you may not do this there. List the venues you can see with venues { nodes { id } }."
        );

    /// <summary>Those of these venues on which the caller has a right, by their ids.</summary>
    public static async ValueTask<IReadOnlyDictionary<string, IVenue>> FindVisibleAsync(
        this IVenues venues,
        IEnumerable<string> venueIds,
        Right right,
        Caller caller,
        CancellationToken cancellationToken
    ) =>
        (await venues.FindAsync(venueIds.ToHashSet(), cancellationToken))
            .Where(v => caller.May(right, v.Value))
            .ToDictionary(v => v.Key, v => v.Value);
}
