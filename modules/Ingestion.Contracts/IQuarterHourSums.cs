using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Contracts;

/// <summary>Sums over the transactions themselves by the quarter hour, to compare roll-ups with.</summary>
public interface IQuarterHourSums
{
    /// <summary>Adds up the authorised and captured transactions and the completed refunds of a span by the quarter hour. The sequence
    /// number is that of the last change in the venue's feed that the sums contain.</summary>
    Task<(long Seq, IReadOnlyList<QuarterHourSum> Sums)> ReadAsync(
        string venueId,
        Instant from,
        Instant to,
        CancellationToken cancellationToken
    );
}

/// <summary>A sum over the transactions and refunds of a quarter hour.</summary>
/// <param name="StartsAt">The start of the quarter hour.</param>
/// <param name="Provider">The provider.</param>
/// <param name="Method">The payment method; OTHER for refunds whose payment is unknown.</param>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="Figures">The sums.</param>
public sealed record QuarterHourSum(Instant StartsAt, Provider Provider, PaymentMethod Method, string Currency, SalesFigures Figures);
