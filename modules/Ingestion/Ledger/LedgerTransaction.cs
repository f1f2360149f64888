using Ingestion.Contracts;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Ledger;

/// <summary>Which payment it is.</summary>
internal readonly record struct PaymentKey(string VenueId, Provider Provider, string ExternalId);

/// <summary>A payment as somebody has just seen it: an event or a sync page.</summary>
internal sealed record ObservedPayment(
    PaymentKey Key,
    Guid ConnectionId,
    PosPayment Payment,
    PaymentVersion Version,
    string? CardToken,
    VersionCause Cause,
    string? CauseId
)
{
    /// <summary>It is no payment but a refund of no known payment, which stands beside the sales as a row of its own.</summary>
    public bool IsRefundOnly { get; init; }

    /// <summary>Its till's sales unlock nothing.</summary>
    public bool RulesOff { get; init; }

    /// <summary>Its order was fetched after it and is told with it.</summary>
    public bool HasOrderInBatch { get; init; }

    public static ObservedPayment Of(PosConnectionDetails connection, PosPayment payment, VersionCause cause, string? causeId) =>
        new(
            new PaymentKey(connection.VenueId, connection.Provider, payment.ExternalId),
            connection.ConnectionId,
            payment,
            PaymentVersion.Of(payment),
            Cards.CardToken.Of(connection, payment.Card),
            cause,
            causeId
        )
        {
            RulesOff = !connection.ProcessRules,
        };

    /// <summary>Total 0, given back once the refund is completed, taken when the refund was made.</summary>
    public static ObservedPayment OfUnlinkedRefund(PosConnectionDetails connection, PosRefund refund, VersionCause cause, string? causeId)
    {
        var state = refund.State switch
        {
            RefundState.Completed => PaymentState.Captured,
            RefundState.Pending => PaymentState.Pending,
            _ => PaymentState.Failed,
        };
        return Of(
            connection,
            new PosPayment(
                refund.ExternalId,
                refund.OrderId,
                refund.LocationId,
                state,
                refund.CreatedAt,
                refund.UpdatedAt,
                refund.Currency,
                0,
                0,
                state == PaymentState.Captured ? refund.AmountMinor : 0,
                PaymentMethod.Other,
                null
            ),
            cause,
            causeId
        ) with
        {
            IsRefundOnly = true,
        };
    }
}

/// <summary>What a total is made of, as far as it is known, in minor units.</summary>
/// <param name="TaxMinor">0 while it is not complete.</param>
/// <param name="DiscountMinor">0 while it is not complete.</param>
/// <param name="ServiceChargeMinor">0 while it is not complete.</param>
/// <param name="IsComplete">Whether it is known.</param>
/// <param name="OrderVersion">The order it was read from; null while it is not complete and where the payment itself told it.</param>
internal readonly record struct Breakdown(long TaxMinor, long DiscountMinor, long ServiceChargeMinor, bool IsComplete, long? OrderVersion)
{
    /// <summary>The payment told it itself: no order may change it.</summary>
    public bool IsFromPayment => IsComplete && OrderVersion is null;

    public bool HasSameAmounts(Breakdown other) => this with { OrderVersion = null } == other with { OrderVersion = null };

    public static Breakdown Of(PosBreakdown breakdown) =>
        new(breakdown.TaxMinor, breakdown.DiscountMinor, breakdown.ServiceChargeMinor, true, null);
}

/// <summary>The state of a sale as the ledger keeps it.</summary>
internal sealed record LedgerTransaction
{
    public required Guid Id { get; init; }
    public required PaymentKey Key { get; init; }
    public required Guid ConnectionId { get; init; }
    public required PosPayment Payment { get; init; }
    public required PaymentVersion Version { get; init; }
    public string? CardToken { get; init; }
    public string? UserId { get; init; }
    public MatchedBy? MatchedBy { get; init; }
    public required Instant RecordedAt { get; init; }
    public long LastSeq { get; init; }
    public long? AddedSeq { get; init; }

    /// <summary>A refund of no known payment: it takes from revenue and is no sale.</summary>
    public bool IsRefundOnly { get; init; }

    /// <summary>Its till's sales unlocked nothing when it was last seen there.</summary>
    public bool RulesOff { get; init; }

    /// <summary>The sum of its completed refunds of its currency.</summary>
    public long RefundsMinor { get; init; }

    public Breakdown Breakdown { get; init; }

    /// <summary>What was given back: what the payment tells or what its refunds come to, whichever is more, and never more than was paid.</summary>
    public long RefundedMinor =>
        IsRefundOnly
            ? Math.Max(0, Payment.RefundedMinor)
            : Math.Clamp(Math.Max(Payment.RefundedMinor, RefundsMinor), 0, Math.Max(0, Payment.TotalMinor));

    public TransactionStatus Status =>
        Payment.State switch
        {
            PaymentState.Pending => TransactionStatus.Pending,
            PaymentState.Authorized => TransactionStatus.Authorized,
            PaymentState.Canceled => TransactionStatus.Canceled,
            PaymentState.Failed => TransactionStatus.Failed,
            _ when IsRefundOnly => TransactionStatus.Refunded,
            _ when RefundedMinor == 0 => TransactionStatus.Completed,
            _ => RefundedMinor < Payment.TotalMinor ? TransactionStatus.PartiallyRefunded : TransactionStatus.Refunded,
        };

    /// <summary>What its part of an order is measured by; null when it has no part in it.</summary>
    public long? OrderShareWeight => !IsRefundOnly && Status.IsPaid() ? Math.Max(0, Payment.TotalMinor - Payment.TipMinor) : null;
}

/// <summary>Whose card it is.</summary>
/// <param name="UserId">The user.</param>
/// <param name="CountsFrom">Sales from then on are his; null for all of them.</param>
internal sealed record CardOwner(string UserId, Instant? CountsFrom)
{
    public bool Owns(PosPayment sale) => CountsFrom is not { } from || sale.OccurredAt >= from;
}

/// <summary>A version to write: its place in the feed, the state, and whether it is the one that counts.</summary>
internal sealed record NewVersion(
    long Seq,
    LedgerTransaction State,
    long? PreviousSeq,
    bool Applied,
    bool Added,
    VersionCause Cause,
    string? CauseId
);

/// <summary>What is known of everything that a batch touches.</summary>
internal sealed record LedgerSnapshot(
    IReadOnlyDictionary<PaymentKey, LedgerTransaction> Transactions,
    IReadOnlyDictionary<RefundKey, LedgerRefund> Refunds,
    IReadOnlyDictionary<string, long> Heads,
    Func<string, string, CardOwner?> OwnerOfCard
);

/// <summary>What a batch comes to: sales to insert and to update, versions in feed order, where each venue's feed ends then, refunds to keep, and
/// orders to fetch.</summary>
internal sealed record LedgerChanges(
    IReadOnlyList<LedgerTransaction> Inserted,
    IReadOnlyList<LedgerTransaction> Updated,
    IReadOnlyList<NewVersion> Versions,
    IReadOnlyDictionary<string, long> Heads,
    IReadOnlyCollection<LedgerRefund> Refunds,
    IReadOnlyList<(OrderFetchRequest Order, Instant DueAt)> OrderFetches,
    BatchResult Counts
);
