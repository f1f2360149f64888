using CsCheck;
using Ingestion.Ledger;
using Integrations.Contracts.Connections;
using NodaTime;

namespace PosModular.Tests.Ledger;

/// <summary>Random observations of few payments at few times, so that ties, repetitions and late arrivals are common.</summary>
internal static class LedgerSample
{
    public static readonly PosPayment DefaultPayment = new(
        "p1",
        "o1",
        "L",
        PaymentState.Captured,
        Instant.FromUnixTimeSeconds(1_700_000_000),
        Instant.FromUnixTimeSeconds(1_700_000_100),
        "EUR",
        1_000,
        0,
        0,
        PaymentMethod.Card,
        new PosCard("VISA", "1234", "EMV", "f1")
    );

    private static readonly string[] Currencies = ["EUR", "USD"];

    public static PosPayment PaymentAt(long second, PaymentState state = PaymentState.Captured, long refunded = 0, long total = 1_000) =>
        DefaultPayment with
        {
            UpdatedAt = DefaultPayment.UpdatedAt + Duration.FromSeconds(second),
            State = state,
            RefundedMinor = refunded,
            TotalMinor = total,
        };

    /// <summary>A payment keeps its card through all its states: every second payment has a card that can be linked. Two payments share
    /// an order, and some states move a payment to another order. The
    /// customer changes at any time, and states leave out parts of it.</summary>
    private static readonly Gen<BatchItem> PaymentGen = Gen.Select(
            Gen.Select(Gen.Int[0, 1], Gen.Int[0, 3], Gen.Long[0, 3]),
            Gen.Select(Gen.Enum<PaymentState>(), Gen.Long[0, 3], Gen.Long[0, 5], Gen.Long[0, 2]),
            Gen.Int[0, 3],
            Gen.Int[0, 2],
            Gen.Int[0, 1],
            Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 3])
        )
        .Select(
            (key, money, currency, day, method, customer) =>
                TestLedger.Observe(
                    VenueIdOf(key.Item1),
                    new PosPayment(
                        "p" + key.Item2,
                        key.Item3 == 3 ? "o2" : "o" + key.Item2 / 2,
                        "L",
                        money.Item1,
                        DefaultPayment.OccurredAt + Duration.FromDays(day),
                        DefaultPayment.UpdatedAt + Duration.FromSeconds(key.Item3),
                        Currencies[currency / 3],
                        money.Item2 * 100,
                        money.Item4 * 10,
                        money.Item3 * 100,
                        method == 0 ? PaymentMethod.Card : PaymentMethod.GiftCard,
                        key.Item2 % 2 == 0 ? new PosCard("VISA", "1234", "EMV", "f" + key.Item2) : null
                    )
                    {
                        Customer = new PosCustomer(Text("c", customer.Item1), Text("e", customer.Item2), Text("n", customer.Item3)),
                    }
                )
        );

    /// <summary>One or two refunds for each payment, and some that name no payment.</summary>
    private static readonly Gen<BatchItem> RefundGen = Gen.Select(
            Gen.Int[0, 1],
            Gen.Int[0, 6],
            Gen.Enum<RefundState>(),
            Gen.Long[0, 3],
            Gen.Long[0, 2],
            Gen.Int[0, 5]
        )
        .Select(
            (venue, id, state, amount, at, currency) =>
                TestLedger.Observe(
                    VenueIdOf(venue),
                    new PosRefund(
                        "r" + id,
                        id > 4 ? null : "p" + id % 4,
                        null,
                        "L",
                        state,
                        amount * 60,
                        Currencies[currency / 5],
                        at == 1 ? "spilt" : null,
                        DefaultPayment.OccurredAt + Duration.FromDays(at * id % 3),
                        DefaultPayment.UpdatedAt + Duration.FromSeconds(at)
                    )
                )
        );

    private static readonly Gen<BatchItem> OrderGen = Gen.Select(Gen.Int[0, 1], Gen.Int[0, 2], Gen.Long[1, 3])
        .Select((venue, id, version) => TestLedger.Observe(VenueIdOf(venue), OrderOf("o" + id, version)));

    /// <summary>Anything that a POS provider may report, mostly payments.</summary>
    public static readonly Gen<BatchItem> Observations = Gen.Frequency((4, PaymentGen), (2, RefundGen), (1, OrderGen));

    public static PosOrder OrderOf(string id, long version) =>
        new(id, "L", version, "EUR", new PosBreakdown(version * 7 + id[^1], version * 5, version));

    /// <summary>What the provider would return for an order: its newest observed version, or its first if none was observed.</summary>
    public static Func<OrderKey, PosOrder> NewestOrders(IEnumerable<BatchItem> items)
    {
        var newest = items
            .SelectMany(i => i.Orders)
            .GroupBy(o => o.Key)
            .ToDictionary(g => g.Key, g => g.MaxBy(o => o.Order.Version)!.Order);
        return key => newest.GetValueOrDefault(key) ?? OrderOf(key.OrderId, 1);
    }

    private static string? Text(string prefix, int number) => number == 0 ? null : prefix + number;

    private static string VenueIdOf(int number) => number == 0 ? "v1" : "v2";

    /// <summary>The items in random order, some of them repeated, in batches of random size.</summary>
    public static IReadOnlyList<IReadOnlyList<BatchItem>> ShuffleIntoBatches(IReadOnlyList<BatchItem> items, int seed)
    {
        var random = new Random(seed);
        var batches = new List<IReadOnlyList<BatchItem>>();
        var shuffled = items.Concat(items.Where(_ => random.Next(3) == 0)).ToArray();
        random.Shuffle(shuffled);
        for (var at = 0; at < shuffled.Length; )
        {
            var size = random.Next(1, 6);
            batches.Add([.. shuffled.Skip(at).Take(size)]);
            at += size;
        }
        return batches;
    }
}
