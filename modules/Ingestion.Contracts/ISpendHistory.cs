using NodaTime;

namespace Ingestion.Contracts;

/// <summary>The transactions behind the spend of users, as the module that keeps them answers other modules.</summary>
public interface ISpendHistory
{
    /// <summary>A user's transactions at the venue, the latest time first. Throws INVALID_INPUT when that takes longer than five
    /// seconds.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="userId">The user.</param>
    /// <param name="limit">How many to return at most.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    Task<IReadOnlyList<SpendingTransaction>> ListNewestAsync(string venueId, string userId, int limit, CancellationToken cancellationToken);

    /// <summary>The transactions that these changes in the venue's feed are about, by the changes' sequence numbers.</summary>
    Task<IReadOnlyDictionary<long, Guid>> FindTransactionsAsync(
        string venueId,
        IReadOnlyCollection<long> seqs,
        CancellationToken cancellationToken
    );

    /// <summary>The transactions of these users in the given states, user by user, the earliest time first.</summary>
    IAsyncEnumerable<SpendingTransaction> ReadAsync(
        string venueId,
        IReadOnlyCollection<string> userIds,
        IReadOnlyCollection<TransactionStatus> statuses,
        CancellationToken cancellationToken
    );

    /// <summary>The transactions of all users who may have reached a spend, user by user, the earliest time first.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="currency">The currency of the spend.</param>
    /// <param name="minSpendMinor">The spend, in minor units. Users whose transactions do not add up to it are left out.</param>
    /// <param name="statuses">The states of the transactions that count.</param>
    /// <param name="to">Later transactions are left out, exclusive; null for the end of time.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    IAsyncEnumerable<SpendingTransaction> ReadSpendersAsync(
        string venueId,
        string currency,
        long minSpendMinor,
        IReadOnlyCollection<TransactionStatus> statuses,
        Instant? to,
        CancellationToken cancellationToken
    );

    /// <summary>The users with a transaction in a span of time, in the order of their ids.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="from">The start of the span, inclusive.</param>
    /// <param name="to">The end of the span, exclusive.</param>
    /// <param name="afterUserId">Only users after this one.</param>
    /// <param name="limit">How many to return at most.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    Task<IReadOnlyList<string>> ListUsersAsync(
        string venueId,
        Instant from,
        Instant to,
        string afterUserId,
        int limit,
        CancellationToken cancellationToken
    );
}

/// <summary>A transaction that is matched to a user, as far as spend rules need it.</summary>
/// <param name="Id">The transaction.</param>
/// <param name="UserId">The user who paid.</param>
/// <param name="Status">The state of the payment.</param>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="NetMinor">The total minus the refunds, in minor units.</param>
/// <param name="OccurredAt">When the payment was made.</param>
/// <param name="RulesOff">Whether its connection excludes it from rules.</param>
public sealed record SpendingTransaction(
    Guid Id,
    string UserId,
    TransactionStatus Status,
    string Currency,
    long NetMinor,
    Instant OccurredAt,
    bool RulesOff
);
