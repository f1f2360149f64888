using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>The end of the venue's feed of transactions, read before anything else that the query asks for. Pass it to
/// transactionAdded(after:) or transactionChanged(after:). Transactions that are listed beside it leave out those that were added after it,
/// so that each transaction is either in the list or added by the subscription, never both and never neither. For owners of the venue;
/// FORBIDDEN otherwise.</summary>
internal sealed class VenueFeedCursor(IDbContextFactory<IngestionDb> dbFactory)
{
    public async Task<string> FeedCursorAsync([Parent] IVenue venue, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        var head = await QueryFeedHeads.Of(context).ReadAsync(dbFactory, venue.Id, cancellationToken);
        return Cursor.EncodeSequence(Transaction.CursorKind, venue.Id, head);
    }
}

/// <summary>The ends of feeds as the fields of one query share them. Fields run in parallel, so whichever needs the end first reads
/// it.</summary>
internal sealed class QueryFeedHeads
{
    private readonly Dictionary<string, Task<long>> _reads = new(StringComparer.Ordinal);

    public static QueryFeedHeads Of(IResolveFieldContext context) => context.RequestServices!.GetRequiredService<QueryFeedHeads>();

    /// <summary>The end of the venue's feed if the query asks for feedCursor beside this field; null otherwise.</summary>
    public static async Task<long?> BesideAsync(
        IResolveFieldContext context,
        IDbContextFactory<IngestionDb> dbFactory,
        string venueId,
        CancellationToken cancellationToken
    ) =>
        context.Parent?.SubFields?.Values.Any(f => f.Field.Name == "feedCursor") == true
            ? await Of(context).ReadAsync(dbFactory, venueId, cancellationToken)
            : null;

    public Task<long> ReadAsync(IDbContextFactory<IngestionDb> dbFactory, string venueId, CancellationToken cancellationToken)
    {
        lock (_reads)
        {
            if (!_reads.TryGetValue(venueId, out var read))
                _reads[venueId] = read = ReadFromDatabaseAsync(dbFactory, venueId, cancellationToken);
            return read;
        }
    }

    private static async Task<long> ReadFromDatabaseAsync(
        IDbContextFactory<IngestionDb> dbFactory,
        string venueId,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .FeedHeads.AsNoTracking()
            .Where(h => h.VenueId == venueId)
            .Select(h => h.Seq)
            .SingleOrDefaultAsync(cancellationToken);
    }
}
