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

/// <summary>Toast's Payment.paymentStatus, without the old ones. CAPTURED: the guest is charged.</summary>
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

/// <summary>What was given back of a payment so far, in minor units; the payment stays CAPTURED.</summary>
/// <param name="Amount">Without the tip.</param>
/// <param name="Tip">Of the tip.</param>
/// <param name="At">Of the last part.</param>
public sealed record ToastRefund(long Amount, long Tip, DateTimeOffset At);

/// <summary>A payment of a check, at one moment. Amounts in minor units of the restaurant's currency.</summary>
public sealed record ToastPayment
{
    public Guid Guid { get; init; } = Guid.NewGuid();
    public ToastPaymentType Type { get; init; } = ToastPaymentType.Credit;

    /// <summary>Without the tip; tax and service charges are in it.</summary>
    public required long Amount { get; init; }
    public long Tip { get; init; }

    /// <summary>Left out: AUTHORIZED for CREDIT, CAPTURED for all else.</summary>
    public ToastPaymentStatus? Status { get; init; }

    /// <summary>Now when left out.</summary>
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

    /// <summary>Given back so far, tips included.</summary>
    public long Refunded => Refund is { } refund ? refund.Amount + refund.Tip : 0;

    /// <summary>Whether it pays for anything.</summary>
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

    /// <summary>The whole tip.</summary>
    internal ToastPayment WithTip(long tip)
    {
        EnsureAllowed(IsActive && tip >= (Refund?.Tip ?? 0), "tip");
        return this with { Tip = tip };
    }

    /// <summary>With neither amount nor tip: all that is left.</summary>
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
