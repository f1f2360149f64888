using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Contracts;

/// <summary>Sums over the transactions themselves, for questions that no roll-up answers.</summary>
public interface ISalesHistory
{
    /// <summary>Adds up the authorised and captured transactions and the completed refunds in each span, all in one statement and so of
    /// one moment. A refund belongs to the user of its payment, at the time at which it was given. Throws
    /// INVALID_INPUT when that takes longer than five seconds.</summary>
    Task<IReadOnlyList<SalesSum>> SumAsync(string venueId, IReadOnlyList<SalesSpan> spans, CancellationToken cancellationToken);
}

/// <summary>The transactions to add up.</summary>
/// <param name="Key">Names the sum to which they belong. Several spans may have one key.</param>
/// <param name="From">The start, inclusive; null for the beginning of time.</param>
/// <param name="To">The end, exclusive; null for the end of time.</param>
/// <param name="UserId">The user whose transactions count; null for those of everybody and nobody.</param>
public sealed record SalesSpan(string Key, Instant? From, Instant? To, string? UserId = null);

/// <summary>A sum over transactions and refunds.</summary>
/// <param name="Key">The key of the spans.</param>
/// <param name="IsMatched">Whether the transactions are matched to a user.</param>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="Provider">The provider.</param>
/// <param name="Method">The payment method; OTHER for refunds whose payment is unknown.</param>
/// <param name="Figures">The sums.</param>
public sealed record SalesSum(string Key, bool IsMatched, string Currency, Provider Provider, PaymentMethod Method, SalesFigures Figures);
