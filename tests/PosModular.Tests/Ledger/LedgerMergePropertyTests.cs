using CsCheck;
using Ingestion.Ledger;
using Integrations.Contracts.Connections;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>One truth per payment: whatever the order, the repetition and the batches its states arrive in.</summary>
public sealed class LedgerMergePropertyTests
{
    private static readonly Gen<(BatchItem[] Told, int Seed)> Arrivals = Gen.Select(
        LedgerSample.Observations.Array[0, 18],
        Gen.Int[0, int.MaxValue]
    );

    private static string? UserOfCard(string venue, string card) => "owner of " + venue + card;

    private static TestLedger WriteAll(IEnumerable<IReadOnlyList<BatchItem>> batches)
    {
        var book = new TestLedger { UserOfCard = UserOfCard };
        foreach (var batch in batches)
            book.Write(batch);
        return book;
    }

    private static IEnumerable<ObservedPayment> PaymentsOf(IEnumerable<BatchItem> items) => items.SelectMany(i => i.Payments);

    [Fact]
    public void Any_order_repetition_and_batching_ends_in_the_same_state() =>
        Arrivals.Sample(
            (told, seed) =>
            {
                var (dealt, whole) = (WriteAll(LedgerSample.ShuffleIntoBatches(told, seed)), WriteAll([told]));
                dealt.FetchOrders(LedgerSample.NewestOrders(told));
                whole.FetchOrders(LedgerSample.NewestOrders(told));

                States(dealt).ShouldBe(States(whole), ignoreOrder: true);
                Refunds(dealt).ShouldBe(Refunds(whole), ignoreOrder: true);
                whole
                    .Transactions.Values.Select(s => s.Version)
                    .ShouldBe(PaymentsOf(told).GroupBy(s => s.Key).Select(g => g.Max(s => s.Version)), ignoreOrder: true);

                // What is called off has no part in its order; what it had before that may stay.
                static IEnumerable<object> States(TestLedger book) =>
                    book.Transactions.Values.Select(s =>
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

                static IEnumerable<object> Refunds(TestLedger book) =>
                    book.Refunds.Values.Select(r => (object)(r.Key, r.Refund, r.Version));
            },
            iter: 3_000
        );

    [Fact]
    public void The_refunded_amount_is_the_larger_of_the_payments_own_figure_and_its_completed_refunds() =>
        Arrivals.Sample(
            (told, seed) =>
            {
                var book = WriteAll(LedgerSample.ShuffleIntoBatches(told, seed));

                var refunds = told.SelectMany(i => i.Refunds)
                    .GroupBy(r => r.Key)
                    .Select(g => g.MaxBy(r => r.Version)!)
                    .Where(r => r.Refund.State == RefundState.Completed)
                    .ToArray();
                foreach (var sale in book.Transactions.Values.Where(s => !s.IsRefundOnly))
                {
                    var own = refunds.Where(r =>
                        r.Refund.PaymentId == sale.Key.ExternalId
                        && r.Key.VenueId == sale.Key.VenueId
                        && r.Refund.Currency == sale.Payment.Currency
                    );
                    sale.RefundedMinor.ShouldBe(
                        Math.Min(sale.Payment.TotalMinor, Math.Max(sale.Payment.RefundedMinor, own.Sum(r => r.Refund.AmountMinor)))
                    );
                }
                book.Transactions.Values.Where(s => s.IsRefundOnly)
                    .Sum(s => s.RefundedMinor)
                    .ShouldBe(refunds.Where(r => r.Refund.PaymentId is null).Sum(r => r.Refund.AmountMinor));
            },
            iter: 3_000
        );

    [Fact]
    public void Shares_of_an_order_add_up_to_its_amounts() =>
        Arrivals.Sample(
            (told, seed) =>
            {
                var book = WriteAll(LedgerSample.ShuffleIntoBatches(told, seed));
                var newest = LedgerSample.NewestOrders(told);
                book.FetchOrders(newest);

                foreach (
                    var paid in book
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
            (told, seed) =>
            {
                var book = WriteAll(LedgerSample.ShuffleIntoBatches(told, seed));

                foreach (var (venue, head) in book.Heads)
                    book.Versions.Where(v => v.State.Key.VenueId == venue)
                        .Select(v => v.Seq)
                        .ShouldBe(Enumerable.Range(1, (int)head).Select(n => (long)n));
            }
        );

    [Fact]
    public void Each_applied_version_links_to_the_one_before_and_the_others_link_to_none() =>
        Arrivals.Sample(
            (told, seed) =>
            {
                var book = WriteAll(LedgerSample.ShuffleIntoBatches(told, seed));

                foreach (var (key, sale) in book.Transactions)
                {
                    var own = book.Versions.Where(v => v.State.Key == key).ToArray();
                    var applied = own.Where(v => v.Applied).ToArray();
                    applied.Select(v => v.PreviousSeq).ShouldBe([null, .. applied.SkipLast(1).Select(v => (long?)v.Seq)]);
                    applied[^1].Seq.ShouldBe(sale.LastSeq);
                    // A newer order that says the same is no news to readers.
                    (applied[^1].State with { Breakdown = sale.Breakdown }).ShouldBe(sale);
                    applied[^1].State.Breakdown.HasSameAmounts(sale.Breakdown).ShouldBeTrue();
                    applied.Select(v => v.State.Version).ShouldBeInOrder(SortDirection.Ascending);
                    own.Where(v => !v.Applied).ShouldAllBe(v => v.PreviousSeq == null && !v.Added);
                    own.ShouldAllBe(v => v.State.Id == sale.Id && v.State.RecordedAt == sale.RecordedAt);
                }
            }
        );

    // A batch shows readers only its last word about a payment, so a paid state may pass unseen; then nothing was added.
    [Fact]
    public void A_transaction_is_added_once_with_its_first_applied_paid_version_and_never_without_one() =>
        Arrivals.Sample(
            (told, seed) =>
            {
                var book = WriteAll(LedgerSample.ShuffleIntoBatches(told, seed));

                foreach (var (key, sale) in book.Transactions)
                {
                    var added = book.Versions.Where(v => v.State.Key == key && v.Added).Select(v => (long?)v.Seq).ToArray();
                    var firstPaid = book.Versions.FirstOrDefault(v =>
                        v.State.Key == key
                        && v.Applied
                        && !v.State.IsRefundOnly
                        && Ingestion.Contracts.TransactionStatuses.IsPaid(v.State.Status)
                    );
                    added.ShouldBe(firstPaid is null ? [] : [firstPaid.Seq]);
                    sale.AddedSeq.ShouldBe(firstPaid?.Seq);
                }
            }
        );

    [Fact]
    public void Every_observed_state_is_in_the_history() =>
        Arrivals.Sample(
            (told, seed) =>
                WriteAll(LedgerSample.ShuffleIntoBatches(told, seed))
                    .Versions.Select(v => (v.State.Key, v.State.Version))
                    .Distinct()
                    .ShouldBe(PaymentsOf(told).Select(s => (s.Key, s.Version)).Distinct(), ignoreOrder: true)
        );

    [Fact]
    public void Observations_that_are_already_stored_write_nothing() =>
        Arrivals.Sample(
            (told, _) =>
            {
                var book = WriteAll([told]);
                var again = book.Write([
                    .. told.Where(i => i.Orders.Count == 0 && i.Refunds.Count == 0)
                        .GroupBy(i => i.Payments[0].Key)
                        .Select(g => g.MaxBy(i => i.Payments[0].Version)!),
                    // One of no payment is a row beside the sales, which of two states of one moment may keep another than the refunds do.
                    .. told.Where(i => i.Refunds.Count > 0)
                        .GroupBy(i => i.Refunds[0].Key)
                        .Select(g =>
                            g.First().Payments.Count > 0 ? g.MaxBy(i => i.Payments[0].Version)! : g.MaxBy(i => i.Refunds[0].Version)!
                        ),
                    .. told.Where(i => i.Orders.Count > 0),
                ]);

                (again.Inserted.Count, again.Updated.Count, again.Versions.Count).ShouldBe((0, 0, 0));
            }
        );
}
