namespace PosModular.Simulator.Refunds;

/// <summary>Square's PaymentRefund.status.</summary>
public enum RefundStatus
{
    /// <summary>In progress; does not count yet.</summary>
    Pending,

    /// <summary>The guest has the money back.</summary>
    Completed,

    /// <summary>Refused by Square or the bank.</summary>
    Rejected,

    /// <summary>Failed for a technical reason.</summary>
    Failed,
}

/// <summary>
/// One state of a refund of part or all of a payment (Square docs, Refunds › PaymentRefund). <see cref="Amount"/> is in minor units
/// of <see cref="Currency"/>.
/// </summary>
public sealed record Refund
{
    public required string Id { get; init; }
    public required string MerchantId { get; init; }
    public required string LocationId { get; init; }

    /// <summary>Null for an unlinked refund.</summary>
    public required string? PaymentId { get; init; }

    /// <summary>
    /// The return's own order and not the payment's (API specification, example of ListPaymentRefunds). The simulator does not serve it.
    /// </summary>
    public required string OrderId { get; init; }
    public required long Amount { get; init; }
    public required string Currency { get; init; }
    public required RefundStatus Status { get; init; }
    public string? Reason { get; init; }

    /// <summary>CARD or CASH.</summary>
    public required string SourceType { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>1 at first, incremented by each change; shown in events only.</summary>
    public int Version { get; init; } = 1;

    /// <inheritdoc cref="Payments.Payment.WrittenAt" />
    internal DateTimeOffset WrittenAt { get; init; }

    internal Refund WithFinalStatus(RefundStatus status, DateTimeOffset at)
    {
        if (Status is not RefundStatus.Pending || status is RefundStatus.Pending)
            throw new InvalidOperationException($"Refund {Id} is {Status}; only a pending refund can be completed, rejected or failed.");
        var later = UpdatedAt.AddMilliseconds(1);
        return this with { Status = status, UpdatedAt = at > later ? at : later, Version = Version + 1 };
    }
}
