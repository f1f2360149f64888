using PosModular.Simulator.Demo;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Control;

/// <summary>Past sales to generate, spread evenly over a period, for first syncs, reports and benchmarks.</summary>
public sealed record SalesHistory
{
    /// <summary>Where; it must exist.</summary>
    public required string LocationId { get; init; }

    /// <summary>Number of sales, 0 to 1,000,000.</summary>
    public required int Count { get; init; }

    /// <summary>Time of the first sale.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>End of the period, exclusive.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>The same seed gives the same amounts and cards; ids are new each time.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether webhooks are sent for each sale.</summary>
    public bool Announce { get; init; }

    /// <summary>
    /// Adds the sales, all COMPLETED, one in ten with a discount and one in 25 with a service charge. Returns their number.
    /// </summary>
    public int AddTo(SquareLedger ledger)
    {
        if (Count is < 0 or > 1_000_000 || To <= From)
            throw new InvalidOperationException("count must be 0 to 1,000,000, and from must be before to.");
        var guests = new GuestGenerator(Seed);
        for (var i = 0; i < Count; i++)
        {
            var sale = guests.NextSale(LocationId);
            ledger.AddSale(
                sale with
                {
                    At = From + (To - From) * ((double)i / Count),
                    Captured = true,
                    Announce = Announce,
                    Discount = i % 10 == 0 ? sale.Amount / 10 : 0,
                    ServiceCharge = i % 25 == 0 ? sale.Amount / 20 : 0,
                }
            );
        }

        return Count;
    }
}
