using Integrations.Contracts.Access;
using NodaTime;

namespace Integrations.Contracts.Venues;

/// <summary>A venue as other modules know it; the parent of the fields they add to the GraphQL type Venue.</summary>
public interface IVenue
{
    /// <summary>The application's own id, or a version-7 UUID.</summary>
    string Id { get; }

    /// <summary>For people.</summary>
    string Name { get; }

    /// <summary>IANA, e.g. Europe/Berlin.</summary>
    string TimeZone { get; }

    /// <summary>ISO 4217.</summary>
    string Currency { get; }

    /// <summary>The venue's day starts here; a multiple of 15 minutes.</summary>
    LocalTime DayCutoff { get; }

    /// <summary>From when on a sale counts as spend.</summary>
    CountFrom RulesCountFrom { get; }

    /// <summary>What becomes of an unlock when a refund takes the spend below its threshold.</summary>
    UnlockPolicy UnlockPolicy { get; }

    IReadOnlyList<string> OwnerUserIds { get; }
}

/// <summary>What becomes of an unlock when a refund takes the spend below its threshold.</summary>
public enum UnlockPolicy
{
    /// <summary>It stays.</summary>
    Keep,

    /// <summary>It is revoked.</summary>
    Revoke,
}

/// <summary>From which state on a sale counts as lifetime spend.</summary>
public enum CountFrom
{
    /// <summary>As soon as it is authorised: a guest who has paid is let in tonight. A cancelled authorisation takes it back.</summary>
    Authorized,

    /// <summary>Only once it is captured.</summary>
    Captured,
}

/// <summary>Finds venues for other modules.</summary>
public interface IVenues
{
    /// <summary>The venue, at most a moment old; null when there is none.</summary>
    ValueTask<IVenue?> FindAsync(string venueId, CancellationToken cancellationToken);

    /// <summary>The venues of these ids that there are.</summary>
    ValueTask<IReadOnlyDictionary<string, IVenue>> FindAsync(IReadOnlyCollection<string> venueIds, CancellationToken cancellationToken);
}

public static class VenueAccessExtensions
{
    /// <summary>The venue, for somebody who has this right there. Throws FORBIDDEN; who may not see the venue learns nothing of it.</summary>
    public static async ValueTask<IVenue> DemandAsync(
        this IVenues venues,
        string venueId,
        Right right,
        Caller caller,
        CancellationToken cancellationToken
    )
    {
        if (await venues.FindAsync(venueId, cancellationToken) is not { } venue || !caller.May(Right.ViewVenue, venue))
            throw PosModular.Kernel.Errors.ApiError.Forbidden("There is no such venue, or you may not do this there.");
        caller.Demand(right, venue);
        return venue;
    }
}
