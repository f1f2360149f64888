using GraphQL;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;

namespace Integrations.Venues;

/// <summary>A venue by its id; null when there is none or you may not see it.</summary>
internal sealed class GetVenue(IDbContextFactory<IntegrationsDb> dbFactory)
{
    /// <param name="id">The venue's id.</param>
    public async Task<Venue?> VenueAsync([Id] string id, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var venue = await db.Venues.AsNoTracking().SingleOrDefaultAsync(v => v.Id == id, cancellationToken);
        return venue is not null && caller.May(Right.ViewVenue, venue) ? venue : null;
    }
}
