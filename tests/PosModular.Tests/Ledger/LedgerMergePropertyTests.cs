using CsCheck;
using Ingestion.Ledger;
using Integrations.Contracts.Connections;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>The ledger depends neither on the order in which states arrive, nor on their repetition, nor on their batches.</summary>
public sealed class LedgerMergePropertyTests
{
    private static readonly Gen<(BatchItem[] Items, int Seed)> Arrivals = Gen.Select(
        LedgerSample.Observations.Array[0, 18],
        Gen.Int[0, int.MaxValue]
    );

    private static string? UserOfCard(string venue, string card) => "owner of " + venue + card;

    private static TestLedger WriteAll(IEnumerable<IReadOnlyList<BatchItem>> batches)
    {
        var ledger = new TestLedger { UserOfCard = UserOfCard };
        foreach (var batch in batches)
            ledger.Write(batch);
        return ledger;
    }

    private static IEnumerable<ObservedPayment> PaymentsOf(IEnumerable<BatchItem> items) => items.SelectMany(i => i.Payments);

    [Fact]
    public void Any_order_repetition_and_batching_ends_in_the_same_state() =>
        Arrivals.Sample(
            (items, seed) =>
            {
                var (batched, atOnce) = (WriteAll(LedgerSample.ShuffleIntoBatches(items, seed)), WriteAll([items]));
                batched.FetchOrders(LedgerSample.NewestOrders(items));
                atOnce.FetchOrders(LedgerSample.NewestOrders(items));

                States(batched).ShouldBe(States(atOnce), ignoreOrder: true);
                Refunds(batched).ShouldBe(Refunds(atOnce), ignoreOrder: true);
                atOnce
                    .Transactions.Values.Select(s => s.Version)
                    .ShouldBe(PaymentsOf(items).GroupBy(s => s.Key).Select(g => g.Max(s => s.Version)), ignoreOrder: true);

                // A canceled payment has no share in its order; the share that it had before may stay.
                static IEnumerable<object> States(TestLedger ledger) =>
                    ledger.Transactions.Values.Select(s =>
                        (object)
                            (
                                s.Key,
                                s.Version,
                                s.Status,
                                s.RefundedMinor,
                                s.UserId,
                                (
                                    s.Payment,
                                    s.MatchedBy,
                                    s.CardToken,
                                    s.ConnectionId,
                                    s.IsRefundOnly,
                                    s.OrderShareWeight is null ? default : s.Breakdown
                                )
                            )
                    );

                static IEnumerable<object> Refunds(TestLedger ledger) =>
                    ledger.Refunds.Values.Select(r => (object)(r.Key, r.Refund, r.Version));
            },
            iter: 3_000
        );

    [Fact]
    public void The_refunded_amount_is_the_larger_of_the_payments_own_figure_and_its_completed_refunds() =>
        Arrivals.Sample(
            (items, seed) =>
            {
                var ledger = WriteAll(LedgerSample.ShuffleIntoBatches(items, seed));

                var refunds = items
                    .SelectMany(i => i.Refunds)
                    .GroupBy(r => r.Key)
                    .Select(g => g.MaxBy(r => r.Version)!)
                    .Where(r => r.Refund.State == RefundState.Completed)
                    .ToArray();
                foreach (var transaction in ledger.Transactions.Values.Where(s => !s.IsRefundOnly))
                {
                    var ownRefunds = refunds.Where(r =>
                        r.Refund.PaymentId == transaction.Key.ExternalId
                        && r.Key.VenueId == transaction.Key.VenueId
                        && r.Refund.Currency == transaction.Payment.Currency
                    );
                    transaction.RefundedMinor.ShouldBe(
                        Math.Min(
                            transaction.Payment.TotalMinor,
                            Math.Max(transaction.Payment.RefundedMinor, ownRefunds.Sum(r => r.Refund.AmountMinor))
                        )
                    );
                }
                ledger
                    .Transactions.Values.Where(s => s.IsRefundOnly)
                    .Sum(s => s.RefundedMinor)
                    .ShouldBe(refunds.Where(r => r.Refund.PaymentId is null).Sum(r => r.Refund.AmountMinor));
            },
            iter: 3_000
        );

    [Fact]
    public void Shares_of_an_order_add_up_to_its_amounts() =>
        Arrivals.Sample(
            (items, seed) =>
            {
                var ledger = WriteAll(LedgerSample.ShuffleIntoBatches(items, seed));
                var newest = LedgerSample.NewestOrders(items);
                ledger.FetchOrders(newest);

                foreach (
                    var paid in ledger
                        .Transactions.Values.Where(s => s is { OrderShareWeight: not null, Payment.Currency: "EUR" })
                        .GroupBy(s => new OrderKey(s.Key.VenueId, s.Key.Provider, s.Payment.OrderId!))
                )
                {
                    var amounts = newest(paid.Key).Amounts;
                    (
                        paid.Sum(s => s.Breakdown.TaxMinor),
                        paid.Sum(s => s.Breakdown.DiscountMinor),
                        paid.Sum(s => s.Breakdown.ServiceChargeMinor)
                    ).ShouldBe((amounts.TaxMinor, amounts.DiscountMinor, amounts.ServiceChargeMinor));
                    paid.ShouldAllBe(s => s.Breakdown.IsComplete);
                }
            },
            iter: 3_000
        );

    [Fact]
    public void Each_venues_feed_has_no_gap() =>
        Arrivals.Sample(
            (items, seed) =>
            {
                var ledger = WriteAll(LedgerSample.ShuffleIntoBatches(items, seed));

                foreach (var (venue, head) in ledger.Heads)
                    ledger
                        .Versions.Concat(ledger.RefundVersions)
                        .Where(v => v.State.Key.VenueId == venue)
                        .Select(v => v.Seq)
                        .Order()
                        .ShouldBe(Enumerable.Range(1, (int)head).Select(n => (long)n));
            }
        );

    [Fact]
    public void Each_applied_version_links_to_the_one_before_and_the_others_link_to_none() =>
        Arrivals.Sample(
            (items, seed) =>
            {
                var ledger = WriteAll(LedgerSample.ShuffleIntoBatches(items, seed));

                foreach (var (key, transaction) in ledger.Transactions)
                {
                    var versions = ledger.Versions.Where(v => v.State.Key == key).ToArray();
                    var applied = versions.Where(v => v.Applied).ToArray();
                    applied.Select(v => v.PreviousSeq).ShouldBe([null, .. applied.SkipLast(1).Select(v => (long?)v.Seq)]);
                    applied[^1].Seq.ShouldBe(transaction.LastSeq);
                    // Neither a newer order with the same amounts, nor an identity of nobody, nor a refund that the payment already
                    // contains makes a new version.
                    (
                        applied[^1].State with
                        {
                            Breakdown = transaction.Breakdown,
                            Identities = transaction.Identities,
                            RefundsMinor = transaction.RefundsMinor,
                        }
                    ).ShouldBe(transaction);
                    applied[^1].State.RefundedMinor.ShouldBe(transaction.RefundedMinor);
                    applied[^1].State.Status.ShouldBe(transaction.Status);
                    applied[^1].State.Breakdown.HasSameAmounts(transaction.Breakdown).ShouldBeTrue();
                    applied.Select(v => v.State.Version).ShouldBeInOrder(SortDirection.Ascending);
                    versions.Where(v => !v.Applied).ShouldAllBe(v => v.PreviousSeq == null && !v.Added);
                    versions.ShouldAllBe(v => v.State.Id == transaction.Id && v.State.RecordedAt == transaction.RecordedAt);
                }
            }
        );

    // A batch shows readers only the last state of a payment, so a paid state may stay hidden; then nothing is added.
    [Fact]
    public void A_transaction_is_added_once_with_its_first_applied_paid_version_and_never_without_one() =>
        Arrivals.Sample(
            (items, seed) =>
            {
                var ledger = WriteAll(LedgerSample.ShuffleIntoBatches(items, seed));

                foreach (var (key, transaction) in ledger.Transactions)
                {
                    var added = ledger.Versions.Where(v => v.State.Key == key && v.Added).Select(v => (long?)v.Seq).ToArray();
                    var firstPaid = ledger.Versions.FirstOrDefault(v =>
                        v.State.Key == key
                        && v.Applied
                        && !v.State.IsRefundOnly
                        && Ingestion.Contracts.TransactionStatuses.IsPaid(v.State.Status)
                    );
                    added.ShouldBe(firstPaid is null ? [] : [firstPaid.Seq]);
                    transaction.AddedSeq.ShouldBe(firstPaid?.Seq);
                }
            }
        );

    [Fact]
    public void Every_observed_state_is_in_the_history() =>
        Arrivals.Sample(
            (items, seed) =>
                WriteAll(LedgerSample.ShuffleIntoBatches(items, seed))
                    .Versions.Select(v => (v.State.Key, v.State.Version))
                    .Distinct()
                    .ShouldBe(PaymentsOf(items).Select(s => (s.Key, s.Version)).Distinct(), ignoreOrder: true)
        );

    [Fact]
    public void Observations_that_are_already_stored_write_nothing() =>
        Arrivals.Sample(
            (items, _) =>
            {
                var ledger = WriteAll([items]);
                var again = ledger.Write([
                    .. items
                        .Where(i => i.Orders.Count == 0 && i.Refunds.Count == 0)
                        .GroupBy(i => i.Payments[0].Key)
                        .Select(g => g.MaxBy(i => i.Payments[0].Version)!),
                    // A refund without a payment is also a transaction. Of two states with the same time, the refund may keep one and
                    // the transaction the other.
                    .. items
                        .Where(i => i.Refunds.Count > 0)
                        .GroupBy(i => i.Refunds[0].Key)
                        .Select(g =>
                            g.First().Payments.Count > 0 ? g.MaxBy(i => i.Payments[0].Version)! : g.MaxBy(i => i.Refunds[0].Version)!
                        ),
                    .. items.Where(i => i.Orders.Count > 0),
                ]);

                (again.Inserted.Count, again.Updated.Count, again.Versions.Count).ShouldBe((0, 0, 0));
            }
        );
}
