using Analytics.Revenues;
using CsCheck;
using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;
using PosModular.Tests.Ledger;
using Rules.Spend;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Sums;

/// <summary>Sums of deltas equal the sums over the final transactions, also when user, day, status or currency change.</summary>
public sealed class DeltaSumsTests
{
    private static readonly string?[] Users = [null, "anna", "ben"];
    private static readonly string[] Currencies = ["EUR", "USD"];

    private static readonly Gen<TransactionState> TransactionGen = Gen.Select(
            Gen.Enum<TransactionStatus>(),
            Gen.Int[0, 1],
            Gen.Long[0, 50],
            Gen.Long[0, 50],
            Gen.Int[0, 2],
            Gen.Int[0, 2],
            Gen.Select(Gen.Int[0, 1], Gen.Long[0, 9])
        )
        .Select(
            (status, currency, total, refunded, user, day, last) =>
                new TransactionState(
                    Provider.Square,
                    status,
                    Currencies[currency],
                    total,
                    total / 10,
                    Math.Min(total, refunded),
                    last.Item1 == 0 ? PaymentMethod.Card : PaymentMethod.Cash,
                    Users[user],
                    Instant.FromUtc(2026, 11, 29, 12, 0) + Duration.FromDays(day)
                )
                {
                    TaxMinor = last.Item2,
                    DiscountMinor = 2 * last.Item2,
                    ServiceChargeMinor = 3 * last.Item2,
                    BreakdownComplete = last.Item2 > 0,
                }
        );

    // The successive states of a few transactions.
    private static readonly Gen<(TransactionState[][] Histories, int Seed)> Histories = Gen.Select(
        TransactionGen.Array[1, 5].Array[0, 6],
        Gen.Int[0, int.MaxValue]
    );

    private static string VenueIdOf(int transaction) => "v" + transaction % 2;

    [Fact]
    public void Spend_deltas_add_up_to_the_spend_of_the_final_transactions() =>
        Histories.Sample(
            (histories, seed) =>
            {
                var sums = Batches(histories, seed)
                    .SelectMany(SpendDelta.FromChanges)
                    .GroupBy(d => (d.VenueId, d.UserId, d.Currency))
                    .Select(g => (g.Key, Authorized: g.Sum(d => d.AuthorizedMinor), Captured: g.Sum(d => d.CapturedMinor)))
                    .Where(s => s.Authorized != 0 || s.Captured != 0);

                sums.ShouldBe(Spend(histories.Select((s, i) => (VenueIdOf(i), s[^1]))), ignoreOrder: true);
            }
        );

    [Fact]
    public void Revenue_deltas_add_up_to_the_revenue_of_the_final_transactions() =>
        Histories.Sample(
            (histories, seed) =>
            {
                var sums = SumByBucket(Batches(histories, seed).SelectMany(b => RevenueDelta.FromChanges(new TransactionsChanged(b))));

                sums.ShouldBe(Revenue(histories.Select((s, i) => (VenueIdOf(i), s[^1]))), ignoreOrder: true);
            }
        );

    [Fact]
    public void Revenue_of_each_hour_day_and_month_adds_up_to_that_of_its_quarter_hours() =>
        Histories.Sample(
            (histories, seed) =>
            {
                var buckets = Revenue(histories.Select((s, i) => (VenueIdOf(i), s[^1]))).ToArray();

                var sums = Batches(histories, seed)
                    .SelectMany(b => RevenueDelta.RollUp(RevenueDelta.FromChanges(new TransactionsChanged(b))))
                    .GroupBy(r => (r.Level, r.Delta.Key))
                    .Select(g => (g.Key, Sum: SalesFigures.Sum(g.Select(r => r.Delta.Figures))))
                    .Where(s => s.Sum != default);

                RevenueLevel[] levels = [RevenueLevel.Hour, RevenueLevel.Day, RevenueLevel.Month];
                sums.ShouldBe(
                    from level in levels
                    from bucket in buckets
                    group bucket.Figures by (level, bucket.Key with { StartsAt = level.StartOf(bucket.Key.StartsAt) }) into g
                    let sum = SalesFigures.Sum(g)
                    where sum != default
                    select (g.Key, sum),
                    ignoreOrder: true
                );
            }
        );

    [Fact]
    public void Deltas_of_the_ledgers_feed_add_up_to_its_final_transactions() =>
        Gen.Select(LedgerSample.Observations.Array[0, 18], Gen.Int[0, int.MaxValue], Gen.Int[0, 5])
            .Sample(
                (items, seed, linkedAfter) =>
                {
                    var ledger = new TestLedger();
                    foreach (var (at, batch) in LedgerSample.ShuffleIntoBatches(items, seed).Index())
                    {
                        ledger.UserOfCard = (_, card) => at < linkedAfter ? null : card;
                        ledger.Write(batch);
                    }
                    var now = ledger.Transactions.Values.Select(s => (s.Key.VenueId, TestLedger.StateOf(s)));

                    SpendDelta
                        .FromChanges(ledger.Changes())
                        .Select(d => ((d.VenueId, d.UserId, d.Currency), d.AuthorizedMinor, d.CapturedMinor))
                        .ShouldBe(Spend(now), ignoreOrder: true);
                    var refunds =
                        from refund in ledger.Refunds.Values
                        where refund.Refund.State == RefundState.Completed
                        let payment = refund.Payment is { } key ? ledger.Transactions.GetValueOrDefault(key) : null
                        select new RevenueDelta(
                            new RevenueBucketKey(
                                refund.Key.VenueId,
                                RevenueLevel.QuarterHour.StartOf(refund.Refund.CreatedAt),
                                refund.Key.Provider,
                                payment?.Payment.Method ?? PaymentMethod.Other,
                                refund.Refund.Currency
                            ),
                            new SalesFigures { RefundsIssuedMinor = refund.Refund.AmountMinor }
                        );
                    var sums = SumByBucket(Revenue(now).Concat(refunds));
                    RevenueDelta
                        .FromChanges(new TransactionsChanged(ledger.Changes()) { RefundsIssued = ledger.RefundsIssued() })
                        .ShouldBe(sums, ignoreOrder: true);
                }
            );

    [Fact]
    public void A_transaction_assigned_to_another_user_moves_its_spend_to_them()
    {
        var transaction = new TransactionState(
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
            .FromChanges([Change("v1", 2, transaction, transaction with { UserId = "ben" })])
            .ShouldBe([new SpendDelta("v1", "anna", "EUR", -900, -900), new SpendDelta("v1", "ben", "EUR", 900, 900)], ignoreOrder: true);
    }

    [Fact]
    public void A_capture_moves_revenue_from_pending_to_total_and_spend_only_where_captured_counts()
    {
        var transaction = new TransactionState(
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
        var change = Change("v1", 2, transaction, transaction with { Status = TransactionStatus.Completed });

        SpendDelta.FromChanges([change]).ShouldBe([new SpendDelta("v1", "anna", "EUR", 0, 1_000)]);
        RevenueDelta
            .FromChanges(new TransactionsChanged([change]))
            .Single()
            .Figures.ShouldBe(
                new SalesFigures
                {
                    Count = 1,
                    TotalMinor = 1_000,
                    TipMinor = 100,
                    PendingMinor = -1_000,
                    IncompleteCount = 1,
                }
            );
    }

    [Fact]
    public void An_unlinked_refund_lowers_net_revenue_and_is_not_counted_as_a_transaction()
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
        RevenueDelta
            .FromChanges(new TransactionsChanged([Change("v1", 1, null, refund)]))
            .Single()
            .Figures.ShouldBe(new SalesFigures { RefundedMinor = 700 });
    }

    [Fact]
    public void A_breakdown_that_arrives_later_adds_tax_discount_and_service_charge_and_nothing_else()
    {
        var transaction = new TransactionState(
            Provider.Square,
            TransactionStatus.Completed,
            "EUR",
            1_000,
            0,
            0,
            PaymentMethod.Card,
            null,
            Instant.FromUtc(2026, 11, 20, 12, 0)
        );
        var complete = transaction with { TaxMinor = 160, DiscountMinor = 50, ServiceChargeMinor = 20, BreakdownComplete = true };

        RevenueDelta
            .FromChanges(new TransactionsChanged([Change("v1", 2, transaction, complete)]))
            .Single()
            .Figures.ShouldBe(
                new SalesFigures
                {
                    TaxMinor = 160,
                    DiscountMinor = 50,
                    ServiceChargeMinor = 20,
                    IncompleteCount = -1,
                }
            );
    }

    [Fact]
    public void Changes_that_cancel_each_other_out_give_no_delta()
    {
        var transaction = new TransactionState(
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
            Change("v1", 1, null, transaction),
            Change("v1", 2, transaction, transaction with { Status = TransactionStatus.Canceled }),
        ];

        SpendDelta.FromChanges(changes).ShouldBeEmpty();
        RevenueDelta.FromChanges(new TransactionsChanged(changes)).ShouldBeEmpty();
    }

    [Fact]
    public void A_sum_past_64_bits_is_an_error_and_never_wraps()
    {
        var transaction = new TransactionState(
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
        TransactionChange[] changes = [Change("v1", 1, null, transaction), Change("v1", 2, null, transaction)];

        Should.Throw<OverflowException>(() => SpendDelta.FromChanges(changes));
        Should.Throw<OverflowException>(() => RevenueDelta.FromChanges(new TransactionsChanged(changes)));
    }

    private static TransactionChange Change(string venue, long seq, TransactionState? before, TransactionState after) =>
        new(venue, seq, Guid.Empty, Instant.FromUnixTimeSeconds(0), before, after);

    // The changes of all transactions interleaved at random, those of each transaction in order, split into batches.
    private static IEnumerable<TransactionChange[]> Batches(TransactionState[][] histories, int seed)
    {
        var random = new Random(seed);
        var indexes = histories.SelectMany((s, i) => Enumerable.Repeat(i, s.Length)).ToArray();
        random.Shuffle(indexes);
        var next = new int[histories.Length];
        return indexes
            .Select(
                (index, seq) =>
                {
                    var at = next[index]++;
                    return Change(VenueIdOf(index), seq + 1, at == 0 ? null : histories[index][at - 1], histories[index][at]);
                }
            )
            .ToArray()
            .Chunk(random.Next(1, 7));
    }

    private static IEnumerable<((string, string, string), long Authorized, long Captured)> Spend(
        IEnumerable<(string Venue, TransactionState Transaction)> transactions
    ) =>
        from s in transactions
        where s.Transaction.UserId is not null && s.Transaction.Status.IsPaid()
        group s.Transaction by (s.Venue, s.Transaction.UserId!, s.Transaction.Currency) into g
        let authorized = g.Sum(s => s.TotalMinor - s.RefundedMinor)
        let captured = g.Where(s => s.Status.IsCaptured()).Sum(s => s.TotalMinor - s.RefundedMinor)
        where authorized != 0 || captured != 0
        select (g.Key, authorized, captured);

    private static IEnumerable<RevenueDelta> SumByBucket(IEnumerable<RevenueDelta> deltas) =>
        from delta in deltas
        group delta.Figures by delta.Key into g
        let sum = SalesFigures.Sum(g)
        where sum != default
        select new RevenueDelta(g.Key, sum);

    private static IEnumerable<RevenueDelta> Revenue(IEnumerable<(string Venue, TransactionState Transaction)> transactions) =>
        from s in transactions
        where s.Transaction.Status.IsPaid()
        group s.Transaction by new RevenueBucketKey(
            s.Venue,
            RevenueLevel.QuarterHour.StartOf(s.Transaction.OccurredAt),
            s.Transaction.Provider,
            s.Transaction.Method,
            s.Transaction.Currency
        ) into g
        let captured = g.Where(s => s.Status.IsCaptured()).ToArray()
        let sum = new SalesFigures
        {
            Count = captured.Count(s => !s.IsRefundOnly),
            TotalMinor = captured.Sum(s => s.TotalMinor),
            TipMinor = captured.Sum(s => s.TipMinor),
            RefundedMinor = captured.Sum(s => s.RefundedMinor),
            PendingMinor = g.Where(s => s.Status == TransactionStatus.Authorized).Sum(s => s.TotalMinor),
            TaxMinor = captured.Sum(s => s.TaxMinor),
            DiscountMinor = captured.Sum(s => s.DiscountMinor),
            ServiceChargeMinor = captured.Sum(s => s.ServiceChargeMinor),
            IncompleteCount = captured.Count(s => !s.IsRefundOnly && !s.BreakdownComplete),
        }
        where sum != default
        select new RevenueDelta(g.Key, sum);
}
