using Integrations.Contracts.Connections;
using MediatR;
using NodaTime;

namespace Ingestion.Contracts;

/// <summary>Transactions of one or more venues have changed. Each venue's changes come in the order of their commits, and each change is
/// handed over once.</summary>
public sealed record TransactionsChanged(IReadOnlyList<TransactionChange> Changes) : INotification
{
    /// <summary>The name of the feed that the changes come from.</summary>
    public const string Feed = "ingestion";

    /// <summary>What happened to members as a whole, in the same order. A change of a transaction with a lower sequence number comes
    /// before, one with a higher number after.</summary>
    public IReadOnlyList<MemberChange> MemberChanges { get; init; } = [];

    /// <summary>By how much the refunds given at a moment have changed.</summary>
    public IReadOnlyList<RefundIssued> RefundsIssued { get; init; } = [];
}

/// <summary>A refund was completed, or what is known of it has changed. A sum over refunds moves by the amount. When a refund changes its
/// time, its currency or the method of its payment, it leaves one sum and enters another, so there are two of these.</summary>
/// <param name="VenueId">The venue.</param>
/// <param name="Seq">The change's sequence number in the venue's feed of transactions.</param>
/// <param name="Provider">The provider that reports the refund.</param>
/// <param name="Method">How the guest had paid; OTHER while the payment is unknown.</param>
/// <param name="Currency">The currency, an ISO 4217 code.</param>
/// <param name="IssuedAt">When the refund was given, by the provider's clock.</param>
/// <param name="AmountMinor">By how much the refunds increase, in minor units; negative when they decrease.</param>
public sealed record RefundIssued(
    string VenueId,
    long Seq,
    Provider Provider,
    PaymentMethod Method,
    string Currency,
    Instant IssuedAt,
    long AmountMinor
);

/// <summary>A member was merged into another one, or is to be forgotten.</summary>
/// <param name="VenueId">The venue.</param>
/// <param name="Seq">The change's sequence number in the venue's feed of transactions.</param>
/// <param name="MemberId">The id of the membership that is no more.</param>
/// <param name="IntoUserId">The user who is the member now; null for a member who is to be forgotten.</param>
public sealed record MemberChange(string VenueId, long Seq, Guid MemberId, string? IntoUserId);

/// <summary>One change of one transaction. A sum moves by the difference between <paramref name="Before"/> and <paramref
/// name="After"/>.</summary>
/// <param name="VenueId">The venue.</param>
/// <param name="Seq">The change's sequence number in the venue's feed.</param>
/// <param name="TransactionId">The transaction.</param>
/// <param name="RecordedAt">When the change was recorded.</param>
/// <param name="Before">The state before the change; null for a new transaction.</param>
/// <param name="After">The state after the change.</param>
public sealed record TransactionChange(
    string VenueId,
    long Seq,
    Guid TransactionId,
    Instant RecordedAt,
    TransactionState? Before,
    TransactionState After
)
{
    /// <summary>Whether the change raises spend without being tried on any rule, because its connection excludes rules (processRules:
    /// false).</summary>
    public bool RulesOff { get; init; }
}

/// <summary>The state of a transaction, as far as other modules need it. All amounts are in minor units of its currency.</summary>
/// <param name="Provider">The provider that took the payment.</param>
/// <param name="Status">The state of the payment.</param>
/// <param name="Currency">The currency, an ISO 4217 code.</param>
/// <param name="TotalMinor">What the guest paid, including the tip.</param>
/// <param name="TipMinor">The tip within the total.</param>
/// <param name="RefundedMinor">The amount refunded so far; never more than the total, except for a refund whose payment is unknown.</param>
/// <param name="Method">How the guest paid.</param>
/// <param name="UserId">The user who paid; null while the transaction is matched to nobody.</param>
/// <param name="OccurredAt">When the payment was made, by the provider's clock.</param>
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
    /// <summary>The tax within the total; 0 while the breakdown is incomplete.</summary>
    public long TaxMinor { get; init; }

    /// <summary>The discount that was taken off before the total; 0 while the breakdown is incomplete.</summary>
    public long DiscountMinor { get; init; }

    /// <summary>The service charge within the total; 0 while the breakdown is incomplete.</summary>
    public long ServiceChargeMinor { get; init; }

    /// <summary>Whether tax, discount and service charge are known. False while they are still to be fetched from the order.</summary>
    public bool BreakdownComplete { get; init; }

    /// <summary>Whether this is a refund whose payment is unknown. It reduces net revenue and is no sale. A payment with a total of 0 is
    /// never REFUNDED.</summary>
    public bool IsRefundOnly => Status == TransactionStatus.Refunded && TotalMinor == 0;

    /// <summary>The total minus the refunds; negative for a refund whose payment is unknown.</summary>
    public long NetMinor => TotalMinor - RefundedMinor;
}
