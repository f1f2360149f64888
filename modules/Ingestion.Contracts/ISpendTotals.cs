using NodaTime;

namespace Ingestion.Contracts;

/// <summary>What users have spent according to the transactions themselves, to compare stored spend with.</summary>
public interface ISpendTotals
{
    /// <summary>Adds up the authorised and captured transactions of each user, and reads, at the same moment, the changes that a reader of
    /// the feed has not handled yet. What the reader should have is the totals minus those changes.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="seq">The reader's position in the venue's feed.</param>
    /// <param name="deadLetters">The sequence numbers up to that position that the reader could not handle.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    Task<(IReadOnlyList<SpendTotal> Totals, TransactionsChanged NotHandled)> ReadAsync(
        string venueId,
        long seq,
        IReadOnlyCollection<long> deadLetters,
        CancellationToken cancellationToken
    );
}

/// <summary>What a user has spent at the venue in one currency, totals minus refunds, in minor units.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="AuthorizedMinor">The spend over captured and authorised transactions.</param>
/// <param name="CapturedMinor">The spend over captured transactions only.</param>
/// <param name="FirstAt">When the first of these payments was made.</param>
/// <param name="LastAt">When the last of these payments was made.</param>
public sealed record SpendTotal(string UserId, string Currency, long AuthorizedMinor, long CapturedMinor, Instant FirstAt, Instant LastAt);
