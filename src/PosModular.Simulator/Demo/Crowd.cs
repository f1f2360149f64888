using System.Globalization;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Demo;

/// <summary>
/// The guests: a hundred regulars with a card each (the same hundred whatever the seed, so that links between cards and users
/// hold from night to night), passers-by, and people who pay cash. With several venues each regular has one that is his, and
/// now and then is on a journey. The same seed gives the same night.
/// </summary>
internal sealed class Crowd(int seed)
{
    private const int Regulars = 100;
    private static readonly Dictionary<string, string> Users = Enumerable
        .Range(1, Regulars)
        .ToDictionary(
            number => Card.Numbered(number).Fingerprint,
            number => "guest-" + number.ToString("000", CultureInfo.InvariantCulture)
        );

    private readonly Random _dice = new(seed);

    /// <summary>guest-001 to guest-100; null for somebody who is no regular.</summary>
    public static string? UserOf(Card? card) => card is null ? null : Users.GetValueOrDefault(card.Fingerprint);

    /// <summary>In minor units: 3.50 to 44.50, or as many hundred yen, and sometimes a round for several.</summary>
    public Sale NextSale(string locationId, int venue = 0, int venues = 1)
    {
        var amount = 50L * _dice.Next(7, 90);
        var round = Chance(0.1) ? _dice.Next(2, 8) : 1;
        var tip = Chance(0.35) ? 50L * _dice.Next(1, 9) : 0;
        var who = _dice.NextDouble();
        var regular = Regular(venue, Chance(0.1) ? 1 : venues);
        return new Sale
        {
            LocationId = locationId,
            Amount = amount * round,
            Tip = tip,
            Cash = who < 0.2,
            Card =
                who < 0.2 ? null
                : who < 0.9 ? Card.Numbered(regular)
                : Card.Numbered(1_000 + _dice.Next(1_000_000)),
        };
    }

    public bool Chance(double likelihood) => _dice.NextDouble() < likelihood;

    public int OneOf(int count) => _dice.Next(count);

    public TimeSpan Seconds(double least, double most) => TimeSpan.FromSeconds(least + (most - least) * _dice.NextDouble());

    public long Between(long least, long most) => _dice.NextInt64(least, most + 1);

    /// <summary>Every <paramref name="venues"/>th is at home here. The product of two draws: a few come often, most now and then.</summary>
    private int Regular(int venue, int venues)
    {
        var first = venue % venues;
        var atHome = (Regulars - first + venues - 1) / venues;
        return 1 + first + venues * (int)(atHome * _dice.NextDouble() * _dice.NextDouble());
    }
}
