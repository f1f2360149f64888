using System.Collections.Immutable;
using PosModular.Simulator.Refunds;

namespace PosModular.Simulator.Payments;

/// <summary>Square's Payment.status. COMPLETED means captured; APPROVED is only authorised.</summary>
public enum PaymentStatus
{
    /// <summary>Authorised, not captured.</summary>
    Approved,

    /// <summary>Captured, or cash taken. Refunds do not change it.</summary>
    Completed,

    /// <summary>The authorisation was cancelled.</summary>
    Canceled,
}

/// <summary>
/// One state of a payment; a change creates a new one with a later <see cref="UpdatedAt"/>. Amounts are in minor units of
/// <see cref="Currency"/>. An impossible change throws <see cref="InvalidOperationException"/>.
/// </summary>
public sealed record Payment
{
    public required string Id { get; init; }
    public required string MerchantId { get; init; }
    public required string LocationId { get; init; }
    public required string OrderId { get; init; }
    public required string Currency { get; init; }
    public required PaymentStatus Status { get; init; }

    /// <summary>Without the tip.</summary>
    public required long Amount { get; init; }
    public required long Tip { get; init; }

    /// <summary>The amount authorised at first, in minor units; later tips do not change it.</summary>
    public required long ApprovedAmount { get; init; }

    /// <summary>Null for cash.</summary>
    public required Card? Card { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? CapturedAt { get; init; }
    public DateTimeOffset? VoidedAt { get; init; }
    public DateTimeOffset? OfflineAt { get; init; }
    public string? CustomerId { get; init; }

    /// <summary>Included in the amount. Tax, discount and service charge are shown by the order, not by the payment.</summary>
    public long Tax { get; init; }

    /// <summary>Already subtracted from the amount.</summary>
    public long Discount { get; init; }

    /// <summary>Included in the amount.</summary>
    public long ServiceCharge { get; init; }

    /// <summary>COMPLETED refunds, in the order of their completion.</summary>
    public ImmutableArray<Refund> Refunds { get; init; } = [];

    /// <summary>1 at first, incremented by each change.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Time of the last change by the simulator's clock, whatever <see cref="UpdatedAt"/> says.</summary>
    internal DateTimeOffset WrittenAt { get; init; }

    /// <summary>What the guest paid, tip included.</summary>
    public long Total => Amount + Tip;

    /// <summary>Amount refunded so far.</summary>
    public long Refunded => Refunds.Sum(refund => refund.Amount);

    internal Payment Captured(DateTimeOffset at)
    {
        EnsureAllowed(Status is PaymentStatus.Approved, "capture");
        var changed = Changed(at);
        return changed with { Status = PaymentStatus.Completed, CapturedAt = changed.UpdatedAt };
    }

    /// <summary>
    /// Replaces the tip. Square edits tips of APPROVED payments; points of sale that settle late do it after the capture, too.
    /// </summary>
    internal Payment WithTip(long tip, DateTimeOffset at)
    {
        EnsureAllowed(Status is not PaymentStatus.Canceled && tip >= 0 && Amount + tip >= Refunded, "tip");
        return Changed(at) with { Tip = tip };
    }

    /// <summary>Adds a COMPLETED refund.</summary>
    internal Payment WithRefund(Refund refund, DateTimeOffset at) => Changed(at) with { Refunds = Refunds.Add(refund) };

    internal Payment Canceled(DateTimeOffset at)
    {
        EnsureAllowed(Status is PaymentStatus.Approved, "cancel");
        var changed = Changed(at);
        return changed with { Status = PaymentStatus.Canceled, VoidedAt = changed.UpdatedAt };
    }

    /// <summary>Increases updated_at even when two changes share a millisecond or the clock is set back.</summary>
    private Payment Changed(DateTimeOffset at)
    {
        var later = UpdatedAt.AddMilliseconds(1);
        return this with { UpdatedAt = at > later ? at : later, Version = Version + 1 };
    }

    internal void EnsureAllowed(bool isAllowed, string change)
    {
        if (!isAllowed)
            throw new InvalidOperationException(
                FormattableString.Invariant($"Payment {Id} ({Status}, total {Total}, refunded {Refunded}) cannot take this {change}.")
            );
    }
}
