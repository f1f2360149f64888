namespace Ingestion.Contracts;

/// <summary>How far a sale is. The numbers are kept in the database.</summary>
public enum TransactionStatus : short
{
    /// <summary>Begun, not yet authorised.</summary>
    Pending = 0,

    /// <summary>Authorised, not yet captured.</summary>
    Authorized = 1,

    /// <summary>Captured: the guest has paid.</summary>
    Completed = 2,

    /// <summary>Captured, and a part given back.</summary>
    PartiallyRefunded = 3,

    /// <summary>Captured, and all of it given back.</summary>
    Refunded = 4,

    /// <summary>Called off before it was captured.</summary>
    Canceled = 5,

    /// <summary>Did not go through.</summary>
    Failed = 6,
}

public static class TransactionStatuses
{
    /// <summary>Money has moved: also a sale that was refunded later.</summary>
    public static bool IsCaptured(this TransactionStatus status) =>
        status is TransactionStatus.Completed or TransactionStatus.PartiallyRefunded or TransactionStatus.Refunded;

    /// <summary>The guest has paid as far as the door is concerned: authorised or captured.</summary>
    public static bool IsPaid(this TransactionStatus status) => status is TransactionStatus.Authorized || status.IsCaptured();
}
