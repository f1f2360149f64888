using GraphQL;

namespace Ingestion.Transactions;

/// <summary>Returns a transaction once for each applied change, including its first one. With after, everything since that cursor comes
/// first and live changes follow without a gap. The transaction is shown as it is now; its cursor is the event's, and its earlier states
/// are in its history. For owners of the venue; FORBIDDEN otherwise, INVALID_INPUT for a bad cursor.</summary>
internal sealed class TransactionChanged(LiveTransactions live)
{
    /// <param name="venueId">The venue.</param>
    /// <param name="after">The Transaction.cursor of the last change received; null to start now.</param>
    public Task<IAsyncEnumerable<Transaction>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        string? after = null
    ) => live.FollowAsync(venueId, after, context, change => change.Applied, cancellationToken);
}
