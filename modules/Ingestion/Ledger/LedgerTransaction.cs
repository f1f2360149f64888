using Ingestion.Contracts;
using Ingestion.Identities;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Ledger;

/// <summary>The parts of a total as far as they are known, in minor units.</summary>
/// <param name="TaxMinor">0 while the breakdown is incomplete.</param>
/// <param name="DiscountMinor">0 while the breakdown is incomplete.</param>
/// <param name="ServiceChargeMinor">0 while the breakdown is incomplete.</param>
/// <param name="IsComplete">Whether the amounts are known.</param>
/// <param name="OrderVersion">The version of the order that the amounts come from; null while they are unknown and when the payment
/// itself named them.</param>
internal readonly record struct Breakdown(long TaxMinor, long DiscountMinor, long ServiceChargeMinor, bool IsComplete, long? OrderVersion)
{
    /// <summary>Whether the payment itself named the amounts. No order changes them then.</summary>
    public bool IsFromPayment => IsComplete && OrderVersion is null;

    public bool HasSameAmounts(Breakdown other) => this with { OrderVersion = null } == other with { OrderVersion = null };

    public static Breakdown Of(PosBreakdown breakdown) =>
        new(breakdown.TaxMinor, breakdown.DiscountMinor, breakdown.ServiceChargeMinor, true, null);
}

/// <summary>A transaction as the ledger stores it.</summary>
internal sealed record LedgerTransaction
{
    public required Guid Id { get; init; }
    public required PaymentKey Key { get; init; }
    public required Guid ConnectionId { get; init; }
    public required PosPayment Payment { get; init; }
    public required PaymentVersion Version { get; init; }
    public string? CardToken { get; init; }
    public SeenIdentities Identities { get; init; }
    public string? UserId { get; init; }
    public MatchedBy? MatchedBy { get; init; }
    public bool IsForgotten { get; init; }
    public required Instant RecordedAt { get; init; }

    /// <summary>The sequence number of its latest applied version.</summary>
    public long LastSeq { get; init; }

    /// <summary>The sequence number of the version that was first authorised or captured; null before.</summary>
    public long? AddedSeq { get; init; }

    /// <summary>Whether this is a refund whose payment is unknown. It reduces revenue and is no sale.</summary>
    public bool IsRefundOnly { get; init; }

    /// <summary>Whether its connection excluded it from rules when it was last observed.</summary>
    public bool RulesOff { get; init; }

    /// <summary>The sum of its completed refunds in its currency.</summary>
    public long RefundsMinor { get; init; }

    public Breakdown Breakdown { get; init; }

    /// <summary>The amount refunded: what the payment says or the sum of its refunds, whichever is more, and never more than the
    /// total.</summary>
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

    /// <summary>The weight of its share in its order's amounts: what was paid without the tip. Null when it takes no share.</summary>
    public long? OrderShareWeight => !IsRefundOnly && Status.IsPaid() ? Math.Max(0, Payment.TotalMinor - Payment.TipMinor) : null;

    /// <summary>Whether its breakdown is a share of its order.</summary>
    public bool SharesOrder => OrderShareWeight is not null && !Breakdown.IsFromPayment;

    public bool IsOf(OrderKey order) => Payment.OrderId == order.OrderId && Key.VenueId == order.VenueId && Key.Provider == order.Provider;
}

/// <summary>A refund as the ledger stores it, whether or not its payment is known.</summary>
internal sealed record LedgerRefund(Guid Id, RefundKey Key, Guid ConnectionId, PosRefund Refund, RefundVersion Version, Instant RecordedAt)
{
    /// <summary>The payment that was refunded; null when the refund names none.</summary>
    public PaymentKey? Payment => Refund.PaymentId is { } id ? new PaymentKey(Key.VenueId, Key.Provider, id) : null;
}

/// <summary>The user that an identity is linked to.</summary>
/// <param name="UserId">The user.</param>
/// <param name="CountsFrom">Payments at or after this instant are the user's; null for all of them.</param>
internal sealed record IdentityOwner(string UserId, Instant? CountsFrom)
{
    public bool Owns(PosPayment payment) => CountsFrom is not { } from || payment.OccurredAt >= from;
}

/// <summary>A version to write: its sequence number in the feed, the state, and whether the state became the current one.</summary>
internal sealed record NewVersion(
    long Seq,
    LedgerTransaction State,
    long? PreviousSeq,
    bool Applied,
    bool Added,
    Instant RecordedAt,
    VersionCause Cause,
    string? CauseId
)
{
    /// <summary>By how much the refunds given at the state's time change; null for a version of a transaction.</summary>
    public long? IssuedMinor { get; init; }
}

/// <summary>What a refund adds to the refunds given at a moment.</summary>
internal readonly record struct IssuedRefund(Instant At, PaymentMethod Method, string Currency, long AmountMinor)
{
    /// <param name="refund">The refund; null before it was observed.</param>
    /// <param name="methodOf">The method of a payment; null when it is unknown.</param>
    public static IssuedRefund Of(LedgerRefund? refund, Func<PaymentKey, PaymentMethod?> methodOf) =>
        refund is not { Refund: { State: RefundState.Completed } completed }
            ? default
            : new IssuedRefund(
                completed.CreatedAt,
                (refund.Payment is { } payment ? methodOf(payment) : null) ?? PaymentMethod.Other,
                completed.Currency,
                completed.AmountMinor
            );

    /// <summary>What must be added to the one to get to the other.</summary>
    public static IEnumerable<IssuedRefund> Differences(IssuedRefund before, IssuedRefund after)
    {
        IssuedRefund[] differences =
            before with { AmountMinor = after.AmountMinor } == after
                ? [after with { AmountMinor = after.AmountMinor - before.AmountMinor }]
                : [before with { AmountMinor = -before.AmountMinor }, after];
        return differences.Where(d => d.AmountMinor != 0);
    }
}

/// <summary>What is stored of everything that a batch touches.</summary>
internal sealed record LedgerSnapshot(
    IReadOnlyDictionary<PaymentKey, LedgerTransaction> Transactions,
    IReadOnlyDictionary<RefundKey, LedgerRefund> Refunds,
    IReadOnlyDictionary<string, long> Heads,
    Func<string, string, IdentityOwner?> OwnerOfIdentity
);

/// <summary>What a batch changes: transactions to insert and to update, versions in feed order, those of refunds after those of
/// transactions, the new end of each venue's feed, refunds to store and orders to fetch.</summary>
internal sealed record LedgerChanges(
    IReadOnlyList<LedgerTransaction> Inserted,
    IReadOnlyList<LedgerTransaction> Updated,
    IReadOnlyList<NewVersion> Versions,
    IReadOnlyList<NewVersion> RefundVersions,
    IReadOnlyDictionary<string, long> Heads,
    IReadOnlyList<LedgerRefund> Refunds,
    IReadOnlyList<(OrderFetchRequest Order, Instant DueAt)> OrderFetches,
    BatchResult Counts
)
{
    public IReadOnlyList<NewVersion> AllVersions => RefundVersions.Count == 0 ? Versions : [.. Versions, .. RefundVersions];

    /// <summary>The feed heads to write; none when no version is new.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> AdvancedHeads => AllVersions.Count == 0 ? [] : [.. Heads];
}
