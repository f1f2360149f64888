namespace PosModular.Simulator.Toast;

/// <summary>Toast's Payment.type.</summary>
public enum ToastPaymentType
{
    Cash,
    Credit,
    Giftcard,
    HouseAccount,
    Rewardcard,
    Levelup,
    ToastSv,
    Other,
    Undetermined,
}

/// <summary>Toast's Payment.paymentStatus, without the obsolete values. CAPTURED means that the guest is charged.</summary>
public enum ToastPaymentStatus
{
    Open,
    Processing,
    Authorized,
    Error,
    ErrorNetwork,
    Denied,
    ProcessingVoid,
    Cancelled,
    CaptureInProgress,
    Captured,
    Voided,
}

/// <summary>The amounts of a payment refunded so far, in minor units; the payment stays CAPTURED.</summary>
/// <param name="Amount">Without the tip.</param>
/// <param name="Tip">The refunded part of the tip.</param>
/// <param name="At">When the last part was refunded.</param>
public sealed record ToastRefund(long Amount, long Tip, DateTimeOffset At);

/// <summary>One state of a check's payment. Amounts are in minor units of the restaurant's currency.</summary>
public sealed record ToastPayment
{
    public Guid Guid { get; init; } = Guid.NewGuid();
    public ToastPaymentType Type { get; init; } = ToastPaymentType.Credit;

    /// <summary>Tax and service charges included, the tip not.</summary>
    public required long Amount { get; init; }
    public long Tip { get; init; }

    /// <summary>Null in a draft: AUTHORIZED for CREDIT, CAPTURED for other types.</summary>
    public ToastPaymentStatus? Status { get; init; }

    /// <summary>When it was paid; null in a draft: now.</summary>
    public DateTimeOffset? PaidAt { get; init; }

    /// <summary>VISA, MASTERCARD, AMEX, …; shown for CREDIT only, as are the next three.</summary>
    public string CardType { get; init; } = "VISA";

    /// <summary>SWIPED, KEYED, EMV_CHIP_SIGN, CONTACTLESS, …</summary>
    public string CardEntryMode { get; init; } = "EMV_CHIP_SIGN";
    public string? First6Digits { get; init; } = "411111";
    public string? Last4Digits { get; init; } = "1111";
    public ToastRefund? Refund { get; init; }
    public DateTimeOffset? VoidedAt { get; init; }

    /// <summary>What the guest paid, tip included.</summary>
    public long Total => Amount + Tip;

    /// <summary>Refunded so far, tips included.</summary>
    public long Refunded => Refund is { } refund ? refund.Amount + refund.Tip : 0;

    /// <summary>Whether the payment counts: it was neither voided, cancelled nor denied and did not fail.</summary>
    internal bool IsActive =>
        Status
            is not (
                ToastPaymentStatus.Voided
                or ToastPaymentStatus.Cancelled
                or ToastPaymentStatus.Denied
                or ToastPaymentStatus.Error
                or ToastPaymentStatus.ErrorNetwork
            );

    internal ToastPayment AsCaptured()
    {
        EnsureAllowed(Status is ToastPaymentStatus.Authorized or ToastPaymentStatus.CaptureInProgress, "capture");
        return this with { Status = ToastPaymentStatus.Captured };
    }

    /// <summary>Replaces the tip.</summary>
    internal ToastPayment WithTip(long tip)
    {
        EnsureAllowed(IsActive && tip >= (Refund?.Tip ?? 0), "tip");
        return this with { Tip = tip };
    }

    /// <summary>Adds a refund; with neither amount nor tip, of everything not yet refunded.</summary>
    internal ToastPayment WithRefund(long? amount, long? tip, DateTimeOffset at)
    {
        var before = Refund ?? new ToastRefund(0, 0, at);
        var all = amount is null && tip is null;
        var after = new ToastRefund(
            before.Amount + (all ? Amount - before.Amount : amount ?? 0),
            before.Tip + (all ? Tip - before.Tip : tip ?? 0),
            at
        );
        EnsureAllowed(
            Status is ToastPaymentStatus.Captured
                && after.Amount >= before.Amount
                && after.Tip >= before.Tip
                && after.Amount <= Amount
                && after.Tip <= Tip
                && after.Amount + after.Tip > before.Amount + before.Tip,
            "refund"
        );
        return this with { Refund = after };
    }

    internal ToastPayment AsVoided(DateTimeOffset at)
    {
        EnsureAllowed(IsActive && Refund is null, "void");
        return this with { Status = ToastPaymentStatus.Voided, VoidedAt = at };
    }

    private void EnsureAllowed(bool isAllowed, string change)
    {
        if (!isAllowed)
            throw new InvalidOperationException(
                FormattableString.Invariant($"Payment {Guid} ({Status}, total {Total}, refunded {Refunded}) cannot take this {change}.")
            );
    }
}
