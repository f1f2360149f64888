using GraphQL;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Integrations.Venues;

/// <summary>Null when there is no such venue or you may not see it.</summary>
internal sealed class GetVenue(IDbContextFactory<IntegrationsDb> dbs)
{
    /// <param name="id">The venue's id.</param>
    public async Task<Venue?> VenueAsync([Id] string id, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        var venue = await db.Venues.AsNoTracking().SingleOrDefaultAsync(v => v.Id == id, cancellationToken);
        return venue is not null && caller.May(Right.SeeVenue, venue) ? venue : null;
    }
}
