namespace PosModular.Simulator.Payments;

/// <summary>A payment to add together with its order. Amounts are in minor units of the location's currency.</summary>
public sealed record Sale
{
    /// <summary>The location, which must exist.</summary>
    public required string LocationId { get; init; }

    /// <summary>Without the tip.</summary>
    public required long Amount { get; init; }

    /// <summary>On top of the amount.</summary>
    public long Tip { get; init; }

    /// <summary>
    /// Part of the amount, shown by the order only: amount = subtotal + tax + service charge - discount. Null: 7/107 of the amount,
    /// rounded down.
    /// </summary>
    public long? Tax { get; init; }

    /// <summary>Already subtracted from the amount.</summary>
    public long Discount { get; init; }

    /// <summary>Part of the amount and not of the tip.</summary>
    public long ServiceCharge { get; init; }

    /// <summary>The card used; null, unless paid in cash: a new card that is used only once.</summary>
    public Card? Card { get; init; }

    /// <summary>Whether it is paid in cash: COMPLETED at once and without a card.</summary>
    public bool Cash { get; init; }

    /// <summary>Whether a card payment is COMPLETED at once instead of APPROVED.</summary>
    public bool Captured { get; init; }

    /// <summary>The payment's created_at, which may be in the past; null: now.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Time on the device, for a payment taken offline that Square received at <see cref="At"/>; null: taken online.</summary>
    public DateTimeOffset? OfflineAt { get; init; }

    /// <summary>Null: generated. An id that exists already is refused.</summary>
    public string? PaymentId { get; init; }

    /// <summary>Null: generated. Several payments may share an order, whose amounts are then their sums.</summary>
    public string? OrderId { get; init; }

    /// <summary>The merchant's customer id; null: unknown.</summary>
    public string? CustomerId { get; init; }

    /// <summary>Whether the events are sent. If not, they are only stored, like a webhook that got lost, and can be replayed.</summary>
    public bool Announce { get; init; } = true;
}
