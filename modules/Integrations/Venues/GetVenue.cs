using GraphQL;
using Integrations.Contracts.Access;

namespace Integrations.Venues;

/// <summary>A venue by its id; null when there is none or you may not see it.</summary>
internal sealed class GetVenue(VenueDirectory directory)
{
    /// <param name="id">The venue's id.</param>
    public async Task<Venue?> VenueAsync([Id] string id, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        return await directory.FindAsync(id, cancellationToken) is Venue venue && caller.May(Right.ViewVenue, venue) ? venue : null;
    }
}
