using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PosModular.Simulator.Toast;

/// <summary>A discount on a check or on a selection, in minor units.</summary>
public sealed record AppliedDiscount(long Amount, string Name = "Happy hour")
{
    public Guid Guid { get; init; } = Guid.NewGuid();

    /// <summary>BOGO, PERCENT, FIXED, OPEN_PERCENT, OPEN_FIXED, FIXED_TOTAL.</summary>
    public string Type { get; init; } = "OPEN_FIXED";

    /// <summary>VOID if the discount does not count; null: APPLIED.</summary>
    public string? ProcessingState { get; init; }

    /// <summary>Amount that it takes off, in minor units.</summary>
    internal long EffectiveAmount => ProcessingState == "VOID" ? 0 : Amount;
}

/// <summary>A service charge on a check, in minor units. A gratuity goes to the staff and is not part of the check's amount.</summary>
public sealed record ServiceCharge(long Amount, bool Gratuity = false, string Name = "Table service")
{
    public Guid Guid { get; init; } = Guid.NewGuid();
}

/// <summary>An ordered item. Amounts are in minor units.</summary>
public sealed record Selection
{
    public Guid Guid { get; init; } = Guid.NewGuid();
    public string Name { get; init; } = "Draft beer";
    public int Quantity { get; init; } = 1;

    /// <summary>preDiscountPrice, for the whole quantity.</summary>
    public required long PreDiscountPrice { get; init; }
    public long Tax { get; init; }
    public ImmutableArray<AppliedDiscount> Discounts { get; init; } = [];
    public bool Voided { get; init; }

    /// <summary>After its own discounts.</summary>
    public long Price => PreDiscountPrice - Discounts.Sum(d => d.EffectiveAmount);
}

/// <summary>
/// The customer of a check. Only clients with guest.pi:read see it, and webhooks omit the names and the phone. Toast knows a customer by
/// the email, so the same email has the same guid and the same phone.
/// </summary>
public sealed record ToastCustomer(string Email, string FirstName = "Jack", string LastName = "Jones")
{
    public Guid Guid => new(Hash.AsSpan(0, 16));

    public string Phone => string.Create(CultureInfo.InvariantCulture, $"333-555-{BitConverter.ToUInt16(Hash, 16) % 10_000:0000}");

    private byte[] Hash => SHA256.HashData(Encoding.UTF8.GetBytes(Email));
}

/// <summary>
/// One state of a check. Amounts are in minor units. The total includes gratuities, so that it equals the payments' amounts; Toast's
/// documentation does not say whether it does.
/// </summary>
public sealed record Check
{
    public Guid Guid { get; init; } = Guid.NewGuid();
    public string DisplayNumber { get; init; } = "1";
    public ImmutableArray<Selection> Selections { get; init; } = [];
    public ImmutableArray<AppliedDiscount> Discounts { get; init; } = [];
    public ImmutableArray<ServiceCharge> ServiceCharges { get; init; } = [];
    public ImmutableArray<ToastPayment> Payments { get; init; } = [];
    public ToastCustomer? Customer { get; init; }
    public DateTimeOffset OpenedAt { get; init; }
    public DateTimeOffset ModifiedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public DateTimeOffset? VoidedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>After discounts and service charges, without tax and gratuity.</summary>
    public long Amount => CountedSelections.Sum(s => s.Price) - Discounts.Sum(d => d.EffectiveAmount) + ServiceCharge;
    public long TaxAmount => CountedSelections.Sum(s => s.Tax);

    /// <summary>With tax and gratuity, before refunds.</summary>
    public long TotalAmount => Amount + TaxAmount + Gratuity;

    /// <summary>Sum of the discounts on the check and on its selections.</summary>
    public long Discount => Discounts.Sum(d => d.EffectiveAmount) + CountedSelections.Sum(s => s.Discounts.Sum(d => d.EffectiveAmount));

    /// <summary>Without gratuities.</summary>
    public long ServiceCharge => ServiceCharges.Where(s => !s.Gratuity).Sum(s => s.Amount);
    public long Gratuity => ServiceCharges.Where(s => s.Gratuity).Sum(s => s.Amount);

    /// <summary>When the check was paid in full; null before.</summary>
    public DateTimeOffset? PaidAt =>
        Payments.Any(p => p.IsActive) && Payments.Where(p => p.IsActive).Sum(p => p.Amount) >= TotalAmount
            ? Payments.Where(p => p.IsActive).Max(p => p.PaidAt)
            : null;

    /// <summary>OPEN, PAID, CLOSED.</summary>
    public string PaymentStatus =>
        ClosedAt is not null ? "CLOSED"
        : PaidAt is not null ? "PAID"
        : "OPEN";

    private IEnumerable<Selection> CountedSelections => Selections.Where(s => !s.Voided);
}
