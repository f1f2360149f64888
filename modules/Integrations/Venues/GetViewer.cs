using GraphQL;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;

namespace Integrations.Venues;

/// <summary>The user who sends this request, as identified by their token.</summary>
/// <param name="Id">The same as userId, under the name by which client caches tell objects apart.</param>
/// <param name="UserId">The sub claim of your token.</param>
/// <param name="Roles">The roles of your token.</param>
/// <param name="OwnedVenueIds">The ids of the venues that you own, whose transactions you may see.</param>
internal sealed record Viewer(
    [property: Id] string Id,
    [property: Id] string UserId,
    IReadOnlyList<Role> Roles,
    [property: Id] IReadOnlyList<string> OwnedVenueIds
);

/// <summary>The user who sends this request. For any user with a token.</summary>
internal sealed class GetViewer(IDbContextFactory<IntegrationsDb> dbFactory)
{
    public async Task<Viewer> ViewerAsync(IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var owned = await db
            .Venues.AsNoTracking()
            .Where(v => v.OwnerUserIds.Contains(caller.UserId))
            .OrderBy(v => v.Id)
            .Select(v => v.Id)
            .ToListAsync(cancellationToken);
        return new Viewer(caller.UserId, caller.UserId, caller.IsHeadModerator ? [Role.HeadModerator] : [], owned);
    }
}
