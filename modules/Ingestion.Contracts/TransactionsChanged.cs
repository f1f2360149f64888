using Integrations.Contracts.Connections;
using MediatR;
using NodaTime;

namespace Ingestion.Contracts;

/// <summary>What changed about sales, of one or more venues: each venue's changes in the order of their commits, each handed over once.</summary>
public sealed record TransactionsChanged(IReadOnlyList<TransactionChange> Changes) : INotification
{
    /// <summary>Name of the feed it comes from.</summary>
    public const string Feed = "ingestion";
}

/// <summary>One change of one sale. The difference between <paramref name="Before"/> and <paramref name="After"/> is all a sum needs.</summary>
/// <param name="VenueId">The venue.</param>
/// <param name="Seq">Its place in the venue's feed.</param>
/// <param name="TransactionId">The sale.</param>
/// <param name="RecordedAt">When it was committed here.</param>
/// <param name="Before">The state before; null when the sale is new.</param>
/// <param name="After">The state now.</param>
public sealed record TransactionChange(
    string VenueId,
    long Seq,
    Guid TransactionId,
    Instant RecordedAt,
    TransactionState? Before,
    TransactionState After
)
{
    /// <summary>It raises spend, but no rule is to be tried on it: its till is set so (processRules: false).</summary>
    public bool RulesOff { get; init; }
}

/// <summary>The state of a sale, as far as sums need it. Amounts in minor units of its currency.</summary>
/// <param name="Provider">Whose till it is.</param>
/// <param name="Status">How far it is.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="TotalMinor">What the guest paid, tip included.</param>
/// <param name="TipMinor">Of it, the tip.</param>
/// <param name="RefundedMinor">Of it, given back.</param>
/// <param name="Method">How it was paid.</param>
/// <param name="UserId">Whose sale it is; null while nobody is known.</param>
/// <param name="OccurredAt">When it was taken.</param>
public sealed record TransactionState(
    Provider Provider,
    TransactionStatus Status,
    string Currency,
    long TotalMinor,
    long TipMinor,
    long RefundedMinor,
    PaymentMethod Method,
    string? UserId,
    Instant OccurredAt
)
{
    /// <summary>Of the total; 0 while the breakdown is not complete.</summary>
    public long TaxMinor { get; init; }

    /// <summary>Taken off before the total; 0 while the breakdown is not complete.</summary>
    public long DiscountMinor { get; init; }

    /// <summary>Of the total; 0 while the breakdown is not complete.</summary>
    public long ServiceChargeMinor { get; init; }

    /// <summary>False while tax, discount and service charge are still to be fetched from the order.</summary>
    public bool BreakdownComplete { get; init; }

    /// <summary>Money given back that belongs to no known sale: it takes from net revenue and is no sale itself. A sale of nothing is never REFUNDED.</summary>
    public bool IsRefundOnly => Status == TransactionStatus.Refunded && TotalMinor == 0;

    /// <summary>Total less refunds; negative for a refund that belongs to no known sale.</summary>
    public long NetMinor => TotalMinor - RefundedMinor;
}
