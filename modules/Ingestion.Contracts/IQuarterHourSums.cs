using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Contracts;

/// <summary>Sums over the transactions themselves by the quarter hour, to compare roll-ups with.</summary>
public interface IQuarterHourSums
{
    /// <summary>Adds up the authorised and captured transactions of a span by the quarter hour. The sequence number is that of the last
    /// change in the venue's feed that the sums contain.</summary>
    Task<(long Seq, IReadOnlyList<QuarterHourSum> Sums)> ReadAsync(
        string venueId,
        Instant from,
        Instant to,
        CancellationToken cancellationToken
    );
}

/// <summary>A sum over the transactions of a quarter hour; amounts are in minor units of the currency.</summary>
/// <param name="StartsAt">The start of the quarter hour.</param>
/// <param name="Provider">The provider.</param>
/// <param name="Method">The payment method.</param>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="Count">The number of captured transactions, without refunds whose payment is unknown.</param>
/// <param name="TotalMinor">What guests paid in captured transactions, tips included.</param>
/// <param name="TipMinor">The tips within the total.</param>
/// <param name="RefundedMinor">The amount refunded so far.</param>
/// <param name="PendingMinor">The total of transactions that are authorised and not yet captured.</param>
public sealed record QuarterHourSum(
    Instant StartsAt,
    Provider Provider,
    PaymentMethod Method,
    string Currency,
    long Count,
    long TotalMinor,
    long TipMinor,
    long RefundedMinor,
    long PendingMinor
);
