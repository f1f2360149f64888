namespace Ingestion.Contracts;

/// <summary>The state of a transaction. The database stores the numbers.</summary>
public enum TransactionStatus : short
{
    /// <summary>The payment has begun and is not yet authorised.</summary>
    Pending = 0,

    /// <summary>The payment is authorised and not yet captured.</summary>
    Authorized = 1,

    /// <summary>The payment is captured: the guest has paid.</summary>
    Completed = 2,

    /// <summary>The payment is captured, and a part of it has been refunded.</summary>
    PartiallyRefunded = 3,

    /// <summary>The payment is captured, and all of it has been refunded.</summary>
    Refunded = 4,

    /// <summary>The payment was cancelled before it was captured.</summary>
    Canceled = 5,

    /// <summary>The payment failed.</summary>
    Failed = 6,
}

public static class TransactionStatuses
{
    /// <summary>Whether the payment was captured, even if it was refunded later.</summary>
    public static bool IsCaptured(this TransactionStatus status) =>
        status is TransactionStatus.Completed or TransactionStatus.PartiallyRefunded or TransactionStatus.Refunded;

    /// <summary>Whether the guest has paid or is committed to pay: the payment is authorised or captured.</summary>
    public static bool IsPaid(this TransactionStatus status) => status is TransactionStatus.Authorized || status.IsCaptured();
}
