namespace PosModular.Simulator.Toast;

/// <summary>A plain sale: one order, one check, one selection, one payment for all of it. Amounts in minor units.</summary>
public sealed record ToastSale
{
    public required Guid RestaurantGuid { get; init; }

    /// <summary>Of the goods, before discounts and tax.</summary>
    public required long Price { get; init; }

    /// <summary>Left out: 7 percent of the price less the discounts, rounded down.</summary>
    public long? Tax { get; init; }

    /// <summary>On the check.</summary>
    public long Discount { get; init; }

    /// <summary>On the selection.</summary>
    public long SelectionDiscount { get; init; }
    public long ServiceCharge { get; init; }

    /// <summary>A service charge that goes to the staff.</summary>
    public long Gratuity { get; init; }
    public long Tip { get; init; }
    public ToastPaymentType Type { get; init; } = ToastPaymentType.Credit;

    /// <summary>A CREDIT payment that is CAPTURED at once instead of AUTHORIZED.</summary>
    public bool Captured { get; init; }

    /// <summary>Now when left out; past times make history.</summary>
    public DateTimeOffset? At { get; init; }
    public Guid? OrderGuid { get; init; }
    public Guid? PaymentGuid { get; init; }

    /// <summary>Of the check's customer.</summary>
    public string? Email { get; init; }
    public bool CreatedInTestMode { get; init; }

    /// <summary>False: the event is written down but not sent, like a webhook that got lost.</summary>
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
