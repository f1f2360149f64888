using GraphQL;

namespace Ingestion.Transactions;

/// <summary>Returns each transaction once, when it is first authorised or captured. With after, everything since that cursor comes first
/// and live transactions follow without a gap. The transaction is shown as it is now; its cursor is the event's. For owners of the venue;
/// FORBIDDEN otherwise, INVALID_INPUT for a bad cursor.</summary>
internal sealed class TransactionAdded(LiveTransactions live)
{
    /// <param name="venueId">The venue.</param>
    /// <param name="after">The Transaction.cursor of the last transaction received; null to start now.</param>
    public Task<IAsyncEnumerable<Transaction>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        string? after = null
    ) => live.FollowAsync(venueId, after, context, change => change.Added, cancellationToken);
}
