using Analytics.Revenues;
using CsCheck;
using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;
using NodaTime.Text;
using PosModular.Tests.Ledger;
using Rules.Spend;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Sums;

/// <summary>Sums that move by differences end where sums over the final sales do: through changes of user, day, status and currency.</summary>
public sealed class SumsTests
{
    private static readonly string?[] Users = [null, "anna", "ben"];
    private static readonly string[] Currencies = ["EUR", "USD"];

    private static readonly Gen<TransactionState> Sale = Gen.Select(
            Gen.Enum<TransactionStatus>(),
            Gen.Int[0, 1],
            Gen.Long[0, 50],
            Gen.Long[0, 50],
            Gen.Int[0, 2],
            Gen.Int[0, 2],
            Gen.Int[0, 1]
        )
        .Select(
            (status, currency, total, refunded, user, day, method) =>
                new TransactionState(
                    Provider.Square,
                    status,
                    Currencies[currency],
                    total,
                    total / 10,
                    Math.Min(total, refunded),
                    method == 0 ? PaymentMethod.Card : PaymentMethod.Cash,
                    Users[user],
                    Instant.FromUtc(2026, 11, 20 + day, 12, 0)
                )
        );

    // The states that each of a few sales goes through.
    private static readonly Gen<(TransactionState[][] Sales, int Seed)> Histories = Gen.Select(
        Sale.Array[1, 5].Array[0, 6],
        Gen.Int[0, int.MaxValue]
    );

    private static string VenueOf(int sale) => "v" + sale % 2;

    [Fact]
    public void Moves_of_spend_add_up_to_what_the_sales_come_to() =>
        Histories.Sample(
            (sales, seed) =>
            {
                var sums = Batches(sales, seed)
                    .SelectMany(SpendDelta.FromChanges)
                    .GroupBy(d => (d.VenueId, d.UserId, d.Currency))
                    .Select(g => (g.Key, Authorized: g.Sum(d => d.AuthorizedMinor), Captured: g.Sum(d => d.CapturedMinor)))
                    .Where(s => s.Authorized != 0 || s.Captured != 0);

                sums.ShouldBe(Spend(sales.Select((s, i) => (VenueOf(i), s[^1]))), ignoreOrder: true);
            }
        );

    [Fact]
    public void Moves_of_revenue_add_up_to_what_the_sales_come_to() =>
        Histories.Sample(
            (sales, seed) =>
            {
                var sums = Batches(sales, seed)
                    .SelectMany(b => RevenueDelta.FromChanges(b))
                    .GroupBy(d => d.Key)
                    .Select(g => (g.Key, Sum: g.Aggregate(default(RevenueDelta), (a, d) => Plus(a, d.Delta))))
                    .Where(s => s.Sum != default);

                sums.ShouldBe(Revenue(sales.Select((s, i) => (VenueOf(i), s[^1]))), ignoreOrder: true);
            }
        );

    [Fact]
    public void The_ledgers_own_feed_adds_up_to_what_the_sales_come_to() =>
        Gen.Select(Payments.Told.Array[0, 18], Gen.Int[0, int.MaxValue], Gen.Int[0, 5])
            .Sample(
                (seen, seed, linkedAfter) =>
                {
                    var book = new Book();
                    foreach (var (at, batch) in Payments.Dealt(seen, seed).Index())
                    {
                        book.UserOfCard = (_, card) => at < linkedAfter ? null : card;
                        book.Write(batch);
                    }
                    var now = book.Sales.Values.Select(s => (s.Key.VenueId, Book.Sale(s)));

                    SpendDelta
                        .FromChanges(book.Changes())
                        .Select(d => ((d.VenueId, d.UserId, d.Currency), d.AuthorizedMinor, d.CapturedMinor))
                        .ShouldBe(Spend(now), ignoreOrder: true);
                    RevenueDelta.FromChanges(book.Changes()).ShouldBe(Revenue(now), ignoreOrder: true);
                }
            );

    [Fact]
    public void A_sale_that_changes_hands_leaves_the_one_and_joins_the_other()
    {
        var sale = new TransactionState(
            Provider.Square,
            TransactionStatus.Completed,
            "EUR",
            1_000,
            0,
            100,
            PaymentMethod.Card,
            "anna",
            Instant.FromUtc(2026, 11, 20, 12, 0)
        );

        SpendDelta
            .FromChanges([Change("v1", 2, sale, sale with { UserId = "ben" })])
            .ShouldBe([new SpendDelta("v1", "anna", "EUR", -900, -900), new SpendDelta("v1", "ben", "EUR", 900, 900)], ignoreOrder: true);
    }

    [Fact]
    public void A_capture_moves_revenue_from_pending_to_total_and_spend_only_where_captured_counts()
    {
        var sale = new TransactionState(
            Provider.Square,
            TransactionStatus.Authorized,
            "EUR",
            1_000,
            100,
            0,
            PaymentMethod.Card,
            "anna",
            Instant.FromUtc(2026, 11, 20, 12, 0)
        );
        var change = Change("v1", 2, sale, sale with { Status = TransactionStatus.Completed });

        SpendDelta.FromChanges([change]).ShouldBe([new SpendDelta("v1", "anna", "EUR", 0, 1_000)]);
        RevenueDelta.FromChanges([change]).Single().Delta.ShouldBe(new RevenueDelta(1, 1_000, 100, 0, -1_000));
    }

    [Fact]
    public void A_refund_of_no_known_sale_takes_from_net_revenue_and_is_no_sale()
    {
        var refund = new TransactionState(
            Provider.Square,
            TransactionStatus.Refunded,
            "EUR",
            0,
            0,
            700,
            PaymentMethod.Other,
            null,
            Instant.FromUtc(2026, 11, 20, 12, 0)
        );

        refund.NetMinor.ShouldBe(-700);
        RevenueDelta.FromChanges([Change("v1", 1, null, refund)]).Single().Delta.ShouldBe(new RevenueDelta(0, 0, 0, 700, 0));
    }

    [Fact]
    public void What_cancels_itself_out_is_no_move()
    {
        var sale = new TransactionState(
            Provider.Square,
            TransactionStatus.Authorized,
            "EUR",
            1_000,
            0,
            0,
            PaymentMethod.Card,
            "anna",
            Instant.FromUtc(2026, 11, 20, 12, 0)
        );
        TransactionChange[] changes =
        [
            Change("v1", 1, null, sale),
            Change("v1", 2, sale, sale with { Status = TransactionStatus.Canceled }),
        ];

        SpendDelta.FromChanges(changes).ShouldBeEmpty();
        RevenueDelta.FromChanges(changes).ShouldBeEmpty();
    }

    [Fact]
    public void A_sum_past_64_bits_is_an_error_and_never_wraps()
    {
        var sale = new TransactionState(
            Provider.Square,
            TransactionStatus.Completed,
            "EUR",
            long.MaxValue,
            0,
            0,
            PaymentMethod.Card,
            "anna",
            Instant.FromUtc(2026, 11, 20, 12, 0)
        );
        TransactionChange[] changes = [Change("v1", 1, null, sale), Change("v1", 2, null, sale)];

        Should.Throw<OverflowException>(() => SpendDelta.FromChanges(changes));
        Should.Throw<OverflowException>(() => RevenueDelta.FromChanges(changes));
    }

    [Theory]
    [InlineData("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z")]
    [InlineData("2026-11-20T12:14:59.999999Z", "2026-11-20T12:00:00Z")]
    [InlineData("2026-11-20T12:15:00Z", "2026-11-20T12:15:00Z")]
    [InlineData("1969-12-31T23:59:59Z", "1969-12-31T23:45:00Z")]
    [InlineData("1969-12-31T23:45:00Z", "1969-12-31T23:45:00Z")]
    public void A_sale_belongs_to_its_quarter_of_an_hour(string at, string quarter) =>
        InstantPattern.ExtendedIso.Format(RevenueDelta.QuarterHourOf(InstantPattern.ExtendedIso.Parse(at).Value)).ShouldBe(quarter);

    private static TransactionChange Change(string venue, long seq, TransactionState? before, TransactionState after) =>
        new(venue, seq, Guid.Empty, Instant.FromUnixTimeSeconds(0), before, after);

    // The sales' changes interleaved at random, each sale's in order, cut into batches.
    private static IEnumerable<TransactionChange[]> Batches(TransactionState[][] sales, int seed)
    {
        var chance = new Random(seed);
        var turns = sales.SelectMany((s, i) => Enumerable.Repeat(i, s.Length)).ToArray();
        chance.Shuffle(turns);
        var next = new int[sales.Length];
        return turns
            .Select(
                (sale, seq) =>
                {
                    var at = next[sale]++;
                    return Change(VenueOf(sale), seq + 1, at == 0 ? null : sales[sale][at - 1], sales[sale][at]);
                }
            )
            .ToArray()
            .Chunk(chance.Next(1, 7));
    }

    private static IEnumerable<((string, string, string), long Authorized, long Captured)> Spend(
        IEnumerable<(string Venue, TransactionState Sale)> sales
    ) =>
        from s in sales
        where s.Sale.UserId is not null && s.Sale.Status.IsPaid()
        group s.Sale by (s.Venue, s.Sale.UserId!, s.Sale.Currency) into g
        let authorized = g.Sum(s => s.TotalMinor - s.RefundedMinor)
        let captured = g.Where(s => s.Status.IsCaptured()).Sum(s => s.TotalMinor - s.RefundedMinor)
        where authorized != 0 || captured != 0
        select (g.Key, authorized, captured);

    private static IEnumerable<(RevenueBucketKey, RevenueDelta)> Revenue(IEnumerable<(string Venue, TransactionState Sale)> sales) =>
        from s in sales
        where s.Sale.Status.IsPaid()
        group s.Sale by new RevenueBucketKey(
            s.Venue,
            RevenueDelta.QuarterHourOf(s.Sale.OccurredAt),
            s.Sale.Provider,
            s.Sale.Method,
            s.Sale.Currency
        ) into g
        let captured = g.Where(s => s.Status.IsCaptured()).ToArray()
        let sum = new RevenueDelta(
            captured.Count(s => !s.IsRefundOnly),
            captured.Sum(s => s.TotalMinor),
            captured.Sum(s => s.TipMinor),
            captured.Sum(s => s.RefundedMinor),
            g.Where(s => s.Status == TransactionStatus.Authorized).Sum(s => s.TotalMinor)
        )
        where sum != default
        select (g.Key, sum);

    private static RevenueDelta Plus(RevenueDelta a, RevenueDelta b) =>
        new(
            a.Count + b.Count,
            a.TotalMinor + b.TotalMinor,
            a.TipMinor + b.TipMinor,
            a.RefundedMinor + b.RefundedMinor,
            a.PendingMinor + b.PendingMinor
        );
}
