using System.Security.Claims;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>Finds transactions for node(id:). For owners of the venue.</summary>
/// <remarks>The key of a transaction begins with its venue, so it is looked for in the venues that the caller owns.</remarks>
internal sealed class TransactionNodes(IDbContextFactory<IngestionDb> dbFactory, IVenues venues) : INodeSource
{
    public async Task<IReadOnlyDictionary<string, INode>> FindAsync(
        IReadOnlyCollection<string> ids,
        ClaimsPrincipal? user,
        CancellationToken cancellationToken
    )
    {
        var (caller, keys) = (Caller.Of(user), NodeIds.ParseGuids(ids));
        if (keys.Count == 0)
            return new Dictionary<string, INode>();
        var owned = (await venues.ListOwnedAsync(caller.UserId, cancellationToken))
            .Where(v => caller.May(Right.ViewTransactions, v))
            .ToDictionary(v => v.Id);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var found = await db
            .Transactions.AsNoTracking()
            .Where(t => owned.Keys.Contains(t.VenueId) && keys.Values.Contains(t.Id))
            .ToListAsync(cancellationToken);
        return keys.Match(found.Select(t => new Transaction(owned[t.VenueId], t)), t => t.Id);
    }
}
