using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Paging;

namespace Ingestion.Transactions;

/// <summary>Follows the venue's feed of transactions from a position.</summary>
internal sealed class LiveTransactions(LiveFeeds<IVenue, TransactionEvent> feeds, LiveTransactionFeed feed, IVenues venues)
{
    /// <summary>Checks the caller's rights and the cursor at once, so that the subscriber learns of an error before the first transaction.
    /// Throws FORBIDDEN or INVALID_INPUT.</summary>
    public async Task<IAsyncEnumerable<Transaction>> FollowAsync(
        string venueId,
        string? after,
        IResolveFieldContext context,
        Func<TransactionEvent, bool> select,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await venues.DemandAsync(venueId, Right.ViewTransactions, caller, cancellationToken);
        var head = (await feed.ReadHeadsAsync([venueId], cancellationToken)).GetValueOrDefault(venueId);
        var start = after is null ? head : Cursor.DecodeSequence(Transaction.CursorKind, venueId, after, head);
        return feeds.FollowAsync(
            venueId,
            start,
            venue => caller.Demand(Right.ViewTransactions, venue),
            change => select(change) ? change.Transaction : null,
            context.CancellationToken
        );
    }
}
