using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Demo;

/// <summary>
/// The guests of a bar: thirty regulars with a card each (the same thirty whatever the seed, so that links between cards and
/// users hold from night to night), passers-by, and people who pay cash. The same seed gives the same night.
/// </summary>
internal sealed class Crowd(int seed)
{
    private const int Regulars = 30;
    private readonly Random dice = new(seed);

    public Sale NextSale(string locationId)
    {
        var amount = 50L * dice.Next(7, 90);
        var round = Chance(0.1) ? dice.Next(2, 8) : 1;
        var tip = Chance(0.35) ? 50L * dice.Next(1, 9) : 0;
        var who = dice.NextDouble();

        // The product of two draws: a few regulars come often, most now and then.
        var regular = 1 + (int)(Regulars * dice.NextDouble() * dice.NextDouble());
        return new Sale
        {
            LocationId = locationId,
            Amount = amount * round,
            Tip = tip,
            Cash = who < 0.2,
            Card = who < 0.2 ? null : who < 0.9 ? Card.Numbered(regular) : Card.Numbered(1_000 + dice.Next(1_000_000)),
        };
    }

    public bool Chance(double likelihood) => dice.NextDouble() < likelihood;

    public TimeSpan Seconds(double least, double most) => TimeSpan.FromSeconds(least + (most - least) * dice.NextDouble());

    public long Between(long least, long most) => dice.NextInt64(least, most + 1);
}
