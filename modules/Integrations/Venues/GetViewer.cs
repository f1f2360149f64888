using GraphQL;
using GraphQL.DataLoader;
using Integrations.Contracts.Access;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Batching;

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
    public IDataLoaderResult<Viewer> Viewer(IResolveFieldContext context)
    {
        var caller = context.Caller();
        // However often a query asks for the viewer, the venues are read once.
        return BatchLoaders.Load<string, Viewer>(context, typeof(GetViewer), caller.UserId, (_, token) => LoadAsync(caller, token), null!);
    }

    private async Task<IReadOnlyDictionary<string, Viewer>> LoadAsync(Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var owned = await db
            .Venues.AsNoTracking()
            .Where(v => v.OwnerUserIds.Contains(caller.UserId))
            .OrderBy(v => v.Id)
            .Select(v => v.Id)
            .ToListAsync(cancellationToken);
        var viewer = new Viewer(caller.UserId, caller.UserId, caller.IsHeadModerator ? [Role.HeadModerator] : [], owned);
        return new Dictionary<string, Viewer> { [caller.UserId] = viewer };
    }
}
