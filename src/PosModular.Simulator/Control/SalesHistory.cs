using PosModular.Simulator.Demo;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Control;

/// <summary>Past sales, spread evenly over a time, by the demo's crowd: for first syncs, reports and benchmarks.</summary>
public sealed record SalesHistory
{
    /// <summary>Where; must exist.</summary>
    public required string LocationId { get; init; }

    /// <summary>How many, at most 1,000,000 at once.</summary>
    public required int Count { get; init; }

    /// <summary>Time of the first sale.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>No sale is at or after it.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>The same seed gives the same amounts and cards; ids are new each time.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>True sends webhooks for each.</summary>
    public bool Announce { get; init; }

    /// <summary>Rings them up, all COMPLETED, one in ten with a discount and one in 25 with a service charge; answers how many.</summary>
    public int AddTo(SquareLedger ledger)
    {
        if (Count is < 0 or > 1_000_000 || To <= From)
            throw new InvalidOperationException("count must be 0 to 1,000,000 and from before to.");
        var crowd = new GuestGenerator(Seed);
        for (var i = 0; i < Count; i++)
        {
            var sale = crowd.NextSale(LocationId);
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
