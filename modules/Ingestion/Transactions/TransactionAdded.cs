using GraphQL;

namespace Ingestion.Transactions;

/// <summary>Once for each sale, the first time it is authorised or captured. With after: everything since that cursor first, then live, without a
/// gap. Owner only; FORBIDDEN otherwise, INVALID_INPUT for a bad cursor.</summary>
internal sealed class TransactionAdded(LiveTransactions live)
{
    /// <param name="venueId">Which venue.</param>
    /// <param name="after">Transaction.cursor of the last sale seen.</param>
    public Task<IAsyncEnumerable<Transaction>> HandleAsync(
        [Id] string venueId,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        string? after = null
    ) => live.FollowAsync(venueId, after, context, versions => versions.Where(v => v.Added), cancellationToken);
}
