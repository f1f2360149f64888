using System.Globalization;
using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Demo;

/// <summary>
/// Generates guests and their sales: a hundred members with one card each (the same hundred whatever the seed, so that links between
/// cards and users stay valid from run to run), one-time guests, and guests who pay cash. With several venues, each member has a
/// home venue and occasionally visits another. The same seed gives the same sales.
/// </summary>
internal sealed class GuestGenerator(int seed)
{
    private const int MemberCount = 100;
    private static readonly Dictionary<string, string> UserIdsByFingerprint = Enumerable
        .Range(1, MemberCount)
        .ToDictionary(
            number => Card.Numbered(number).Fingerprint,
            number => "guest-" + number.ToString("000", CultureInfo.InvariantCulture)
        );

    private readonly Random _random = new(seed);

    /// <summary>The member's user id, guest-001 to guest-100; null for any other card.</summary>
    public static string? FindUserId(Card? card) => card is null ? null : UserIdsByFingerprint.GetValueOrDefault(card.Fingerprint);

    /// <summary>A sale of 350 to 4,450 minor units, occasionally multiplied by 2 to 7 for a round of drinks.</summary>
    public Sale NextSale(string locationId, int venue = 0, int venues = 1)
    {
        var amount = 50L * _random.Next(7, 90);
        var round = Chance(0.1) ? _random.Next(2, 8) : 1;
        var tip = Chance(0.35) ? 50L * _random.Next(1, 9) : 0;
        var who = _random.NextDouble();
        var regular = NextMemberNumber(venue, Chance(0.1) ? 1 : venues);
        return new Sale
        {
            LocationId = locationId,
            Amount = amount * round,
            Tip = tip,
            Cash = who < 0.2,
            Card =
                who < 0.2 ? null
                : who < 0.9 ? Card.Numbered(regular)
                : Card.Numbered(1_000 + _random.Next(1_000_000)),
        };
    }

    public bool Chance(double probability) => _random.NextDouble() < probability;

    public int NextIndex(int count) => _random.Next(count);

    public TimeSpan Seconds(double min, double max) => TimeSpan.FromSeconds(min + (max - min) * _random.NextDouble());

    public long Between(long min, long max) => _random.NextInt64(min, max + 1);

    /// <summary>Every <paramref name="venues"/>th member is at home here. The product of two random numbers makes a few members frequent
    /// guests and most of them occasional ones.</summary>
    private int NextMemberNumber(int venue, int venues)
    {
        var first = venue % venues;
        var atHome = (MemberCount - first + venues - 1) / venues;
        return 1 + first + venues * (int)(atHome * _random.NextDouble() * _random.NextDouble());
    }
}
