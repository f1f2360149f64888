namespace PosModular.Simulator.Payments;

/// <summary>A sale to ring up. Amounts in minor units of the location's currency.</summary>
public sealed record Sale
{
    /// <summary>Where; the location must exist.</summary>
    public required string LocationId { get; init; }

    /// <summary>Without the tip.</summary>
    public required long Amount { get; init; }

    /// <summary>On top of the amount.</summary>
    public long Tip { get; init; }

    /// <summary>
    /// Part of the amount, shown by the order only: amount = subtotal + tax + service charge - discount. Left out: 7 in 107 of the
    /// amount, rounded down.
    /// </summary>
    public long? Tax { get; init; }

    /// <summary>Taken off before the amount.</summary>
    public long Discount { get; init; }

    /// <summary>Part of the amount, no tip.</summary>
    public long ServiceCharge { get; init; }

    /// <summary>Left out, and not cash: a card nobody has seen before or will again.</summary>
    public Card? Card { get; init; }

    /// <summary>Paid in cash: COMPLETED at once, no card.</summary>
    public bool Cash { get; init; }

    /// <summary>A card payment that is COMPLETED at once instead of APPROVED.</summary>
    public bool Captured { get; init; }

    /// <summary>created_at; now when left out. Past times make history.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Taken while the till was offline: the till's own time. Square then receives it at <see cref="At"/>.</summary>
    public DateTimeOffset? OfflineAt { get; init; }

    /// <summary>Made up when left out; one that exists is refused.</summary>
    public string? PaymentId { get; init; }

    /// <summary>Made up when left out; several payments may share one, whose figures are then their sums.</summary>
    public string? OrderId { get; init; }

    /// <summary>The seller's customer record, if known.</summary>
    public string? CustomerId { get; init; }

    /// <summary>False: the events are written down but not sent, like a webhook that got lost. They can be replayed.</summary>
    public bool Announce { get; init; } = true;
}
