using Ingestion.Contracts;
using Ingestion.Transactions;
using Integrations.Contracts;
using NodaTime;

namespace Ingestion.Ledger;

/// <summary>Which payment it is.</summary>
internal readonly record struct PaymentKey(string VenueId, Provider Provider, string ExternalId);

/// <summary>A payment as somebody has just seen it: an event or a sync page.</summary>
internal sealed record Sighting(PaymentKey Key, Guid ConnectionId, PosPayment Payment, PaymentVersion Version, string? CardToken, Cause Cause, string? CauseId)
{
    public static Sighting Of(Till till, PosPayment payment, Cause cause, string? causeId) => new(
        new PaymentKey(till.VenueId, till.Provider, payment.ExternalId), till.ConnectionId, payment, PaymentVersion.Of(payment),
        Cards.CardToken.Of(till, payment.Card), cause, causeId);
}

/// <summary>The state of a sale as the ledger keeps it.</summary>
internal sealed record SaleState
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

    /// <summary>What was given back, never more than was paid.</summary>
    public long RefundedMinor => Math.Clamp(Payment.RefundedMinor, 0, Math.Max(0, Payment.TotalMinor));

    public TransactionStatus Status => Payment.State switch
    {
        PaymentState.Pending => TransactionStatus.Pending,
        PaymentState.Authorized => TransactionStatus.Authorized,
        PaymentState.Canceled => TransactionStatus.Canceled,
        PaymentState.Failed => TransactionStatus.Failed,
        _ when RefundedMinor == 0 => TransactionStatus.Completed,
        _ => RefundedMinor < Payment.TotalMinor ? TransactionStatus.PartiallyRefunded : TransactionStatus.Refunded,
    };
}

/// <summary>Whose card it is.</summary>
/// <param name="UserId">The user.</param>
/// <param name="CountsFrom">Sales from then on are his; null for all of them.</param>
internal sealed record CardOwner(string UserId, Instant? CountsFrom)
{
    public bool Has(PosPayment sale) => CountsFrom is not { } from || sale.OccurredAt >= from;
}

/// <summary>A version to write: its place in the feed, the state, and whether it is the one that counts.</summary>
internal sealed record NewVersion(long Seq, SaleState State, long? PreviousSeq, bool Applied, bool Added, Cause Cause, string? CauseId);

/// <summary>What a batch comes to: sales to insert, sales to update, versions in feed order, and where each venue's feed ends then.</summary>
internal sealed record Folded(
    IReadOnlyList<SaleState> Inserted, IReadOnlyList<SaleState> Updated, IReadOnlyList<NewVersion> Versions, IReadOnlyDictionary<string, long> Heads);
