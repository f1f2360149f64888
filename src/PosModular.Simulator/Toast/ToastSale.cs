namespace PosModular.Simulator.Toast;

/// <summary>
/// A simple sale to add: one order with one check, one selection and one payment of the total. Amounts are in minor units.
/// </summary>
public sealed record ToastSale
{
    public required Guid RestaurantGuid { get; init; }

    /// <summary>Price of the goods before discounts and tax.</summary>
    public required long Price { get; init; }

    /// <summary>Null: 7 percent of the price less the discounts, rounded down.</summary>
    public long? Tax { get; init; }

    /// <summary>Discount on the check.</summary>
    public long Discount { get; init; }

    /// <summary>Discount on the selection.</summary>
    public long SelectionDiscount { get; init; }
    public long ServiceCharge { get; init; }

    /// <summary>A service charge that goes to the staff.</summary>
    public long Gratuity { get; init; }
    public long Tip { get; init; }
    public ToastPaymentType Type { get; init; } = ToastPaymentType.Credit;

    /// <summary>Whether a CREDIT payment is CAPTURED at once instead of AUTHORIZED.</summary>
    public bool Captured { get; init; }

    /// <summary>Null or omitted: now. It may lie in the past.</summary>
    public DateTimeOffset? At { get; init; }
    public Guid? OrderGuid { get; init; }
    public Guid? PaymentGuid { get; init; }

    /// <summary>Email of the check's customer; null: no customer.</summary>
    public string? Email { get; init; }
    public bool CreatedInTestMode { get; init; }

    /// <summary>Whether the event is sent. If not, it is only stored, like a webhook that got lost.</summary>
    public bool Announce { get; init; } = true;

    internal ToastOrder ToOrder()
    {
        var check = new Check
        {
            Selections =
            [
                new Selection
                {
                    PreDiscountPrice = Price,
                    Tax = Tax ?? (Price - Discount - SelectionDiscount) * 7 / 100,
                    Discounts = SelectionDiscount == 0 ? [] : [new AppliedDiscount(SelectionDiscount)],
                },
            ],
            Discounts = Discount == 0 ? [] : [new AppliedDiscount(Discount)],
            ServiceCharges =
            [
                .. new[]
                {
                    new ServiceCharge(ServiceCharge),
                    new ServiceCharge(Gratuity, Gratuity: true, "Gratuity for large parties"),
                }.Where(s => s.Amount != 0),
            ],
            Customer = Email is null ? null : new ToastCustomer(Email),
        };
        var payment = new ToastPayment
        {
            Guid = PaymentGuid ?? Guid.NewGuid(),
            Type = Type,
            Amount = check.TotalAmount,
            Tip = Tip,
            Status = Captured ? ToastPaymentStatus.Captured : null,
        };
        return new ToastOrder
        {
            Guid = OrderGuid ?? Guid.NewGuid(),
            RestaurantGuid = RestaurantGuid,
            OpenedAt = At ?? default,
            CreatedInTestMode = CreatedInTestMode,
            Checks = [check with { Payments = [payment] }],
        };
    }
}
