using CsCheck;
using Ingestion.Ledger;
using Integrations.Contracts;
using NodaTime;

namespace PosModular.Tests;

/// <summary>Random sightings of few payments at few moments, so that ties, repetitions and late comers are common.</summary>
internal static class Payments
{
    public static readonly PosPayment Usual = new("p1", "o1", "L", PaymentState.Captured, Instant.FromUnixTimeSeconds(1_700_000_000),
        Instant.FromUnixTimeSeconds(1_700_000_100), "EUR", 1_000, 0, 0, PaymentMethod.Card, new PosCard("VISA", "1234", "EMV", "f1"));

    private static readonly string[] Currencies = ["EUR", "USD"];

    public static PosPayment At(long second, PaymentState state = PaymentState.Captured, long refunded = 0, long total = 1_000) =>
        Usual with { UpdatedAt = Usual.UpdatedAt + Duration.FromSeconds(second), State = state, RefundedMinor = refunded, TotalMinor = total };

    /// <summary>A payment keeps its card through all its states: every second one has a card that can be linked.</summary>
    public static readonly Gen<Sighting> Sighting = Gen.Select(
            Gen.Select(Gen.Int[0, 1], Gen.Int[0, 3], Gen.Long[0, 3]),
            Gen.Select(Gen.Enum<PaymentState>(), Gen.Long[0, 3], Gen.Long[0, 5], Gen.Long[0, 2]),
            Gen.Int[0, 1], Gen.Int[0, 2], Gen.Int[0, 1])
        .Select((key, money, currency, day, method) => Book.Seen(key.Item1 == 0 ? "v1" : "v2", new PosPayment(
            "p" + key.Item2, null, "L", money.Item1, Usual.OccurredAt + Duration.FromDays(day), Usual.UpdatedAt + Duration.FromSeconds(key.Item3),
            Currencies[currency], money.Item2 * 100, money.Item4 * 10, money.Item3 * 100, method == 0 ? PaymentMethod.Card : PaymentMethod.GiftCard,
            key.Item2 % 2 == 0 ? new PosCard("VISA", "1234", "EMV", "f" + key.Item2) : null)));

    /// <summary>The same ones in some order, some of them again, in some batches.</summary>
    public static IReadOnlyList<IReadOnlyList<Sighting>> Dealt(IReadOnlyList<Sighting> all, int seed)
    {
        var chance = new Random(seed);
        var batches = new List<IReadOnlyList<Sighting>>();
        var dealt = all.Concat(all.Where(_ => chance.Next(3) == 0)).ToArray();
        chance.Shuffle(dealt);
        for (var at = 0; at < dealt.Length;)
        {
            var size = chance.Next(1, 6);
            batches.Add([.. dealt.Skip(at).Take(size)]);
            at += size;
        }
        return batches;
    }
}
