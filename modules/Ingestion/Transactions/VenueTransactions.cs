using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>One page of transactions.</summary>
internal sealed class TransactionConnection(
    IReadOnlyList<Edge<Transaction>> edges,
    PageInfo info,
    TransactionSelection selection,
    IDbContextFactory<IngestionDb> dbFactory
) : Connection<Transaction>(edges, info)
{
    [Ignore]
    public TransactionSelection Selection => selection;

    /// <summary>The number of transactions that match the filter. It is counted only when this field is requested.</summary>
    public async Task<long> TotalCountAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (selection.Filter is not null)
            return await selection.Rows(db).LongCountAsync(cancellationToken);
        // One statement, so that the transactions that are subtracted are among those that were counted.
        return await db
            .Database.SqlQuery<long>(
                $"""
                select coalesce((select sum(count) from ingestion.transaction_counts where venue_id = {selection.Venue.Id}), 0)::bigint
                  - (select count(*) from ingestion.transaction_versions
                     where venue_id = {selection.Venue.Id} and seq > {selection.AddedUntil ?? long.MaxValue} and added) as "Value"
                """
            )
            .SingleAsync(cancellationToken);
    }
}

/// <summary>The venue's transactions. For owners of the venue; FORBIDDEN otherwise, INVALID_INPUT for a bad cursor, page size, search or
/// date, and for a connection of another venue.</summary>
internal sealed class VenueTransactions(IDbContextFactory<IngestionDb> dbFactory, TransactionSelections selections)
{
    /// <param name="filter">Which transactions to return; all of them if omitted.</param>
    /// <param name="order">The order of the list.</param>
    /// <param name="first">How many entries to return, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page in the same order; null for the first page.</param>
    public async Task<TransactionConnection> TransactionsAsync(
        [Parent] IVenue venue,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        TransactionFilter? filter = null,
        [DefaultAstValue("NEWEST_FIRST")] TransactionOrder? order = TransactionOrder.NewestFirst,
        [DefaultAstValue("50")] int? first = 50,
        string? after = null
    )
    {
        var caller = context.Caller();
        caller.Demand(Right.ViewTransactions, venue);
        var (page, sorting) = (Page.Of(first, after), order ?? TransactionOrder.NewestFirst);
        var selection = await selections.ResolveAsync(filter, venue, caller, cancellationToken) with
        {
            AddedUntil = await QueryFeedHeads.BesideAsync(context, dbFactory, venue.Id, cancellationToken),
        };
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var found = await TransactionPages.ReadAsync(db, selection, sorting, page, cancellationToken);
        var (edges, info) = Connection.BuildPage(page, found.ConvertAll(t => new Transaction(venue, t)), t => sorting.CursorOf(t.Row));
        return new TransactionConnection(edges, info, selection, dbFactory);
    }
}
