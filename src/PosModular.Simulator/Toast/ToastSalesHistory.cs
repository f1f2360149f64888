using PosModular.Simulator.Demo;

namespace PosModular.Simulator.Toast;

/// <summary>Past sales of a restaurant to generate, spread evenly over a period, for first syncs, reports and benchmarks.</summary>
public sealed record ToastSalesHistory
{
    /// <summary>Where; it must exist.</summary>
    public required Guid RestaurantGuid { get; init; }

    /// <summary>Number of sales, 0 to 1,000,000.</summary>
    public required int Count { get; init; }

    /// <summary>Time of the first sale.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>End of the period, exclusive.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>The same seed gives the same amounts; guids are new each time.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether a webhook is sent for each sale.</summary>
    public bool Announce { get; init; }

    /// <summary>
    /// Adds the sales, all CAPTURED, one in ten with a discount, one in 25 with a service charge and one in three with a customer, one of
    /// fifty. Returns their number.
    /// </summary>
    public int AddTo(ToastLedger ledger)
    {
        if (Count is < 0 or > 1_000_000 || To <= From)
            throw new InvalidOperationException("count must be 0 to 1,000,000, and from must be before to.");
        var guests = new GuestGenerator(Seed);
        for (var i = 0; i < Count; i++)
        {
            var sale = guests.NextSale("");
            ledger.AddSale(
                new ToastSale
                {
                    RestaurantGuid = RestaurantGuid,
                    Price = sale.Amount,
                    Tip = sale.Tip,
                    Discount = i % 10 == 0 ? sale.Amount / 10 : 0,
                    ServiceCharge = i % 25 == 0 ? sale.Amount / 20 : 0,
                    Type = sale.Cash ? ToastPaymentType.Cash : ToastPaymentType.Credit,
                    Captured = true,
                    Email = i % 3 == 0 ? $"guest-{i / 3 % 50}@example.com" : null,
                    At = From + (To - From) * ((double)i / Count),
                    Announce = Announce,
                }
            );
        }

        return Count;
    }
}
