using Ingestion.Contracts;
using Ingestion.Ledger;
using Integrations.Contracts.Connections;
using NodaTime;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>Refunds, orders and their payments in every order of arrival.</summary>
public sealed class RefundTests
{
    private static readonly PosRefund HalfRefund = new(
        "r1",
        "p1",
        null,
        "L",
        RefundState.Completed,
        500,
        "EUR",
        "spilt",
        LedgerSample.DefaultPayment.OccurredAt,
        LedgerSample.DefaultPayment.UpdatedAt
    );
    private readonly TestLedger _ledger = new();

    private LedgerTransaction Transaction => _ledger.Transactions.Values.Single();

    private LedgerChanges Write(PosRefund refund) => _ledger.Write(TestLedger.Observe("v1", refund));

    private LedgerChanges Write(PosPayment payment) => _ledger.Write(TestLedger.Observe("v1", payment));

    [Fact]
    public void A_completed_refund_lowers_the_net_of_its_transaction()
    {
        Write(LedgerSample.PaymentAt(0));
        Write(HalfRefund)
            .Versions.Single()
            .ShouldSatisfyAllConditions(v => v.Applied.ShouldBeTrue(), v => v.PreviousSeq.ShouldBe(1), v => v.Added.ShouldBeFalse());

        (Transaction.RefundedMinor, Transaction.Status).ShouldBe((500, TransactionStatus.PartiallyRefunded));
        _ledger.Changes()[^1].After.NetMinor.ShouldBe(500);
    }

    [Fact]
    public void A_refund_that_arrives_before_its_payment_waits_and_counts_together_with_it()
    {
        Write(HalfRefund).Versions.ShouldBeEmpty();
        Write(LedgerSample.PaymentAt(0)).Versions.Single().State.RefundedMinor.ShouldBe(500);
    }

    [Fact]
    public void A_refund_in_one_batch_with_its_payment_is_one_version() =>
        _ledger
            .Write(TestLedger.Observe("v1", HalfRefund), TestLedger.Observe("v1", LedgerSample.PaymentAt(0)))
            .Versions.Single()
            .State.Status.ShouldBe(TransactionStatus.PartiallyRefunded);

    [Fact]
    public void A_payment_never_overwrites_its_refunds_and_a_refund_never_overwrites_its_payment()
    {
        Write(LedgerSample.PaymentAt(0));
        Write(HalfRefund);
        Write(LedgerSample.PaymentAt(1)); // without a refund
        Transaction.RefundedMinor.ShouldBe(500);
        Write(LedgerSample.PaymentAt(2, refunded: 700));
        Write(HalfRefund with { UpdatedAt = HalfRefund.UpdatedAt + Duration.FromSeconds(9), State = RefundState.Failed });
        Transaction.RefundedMinor.ShouldBe(700);
    }

    [Fact]
    public void A_refund_that_the_payment_already_includes_is_not_counted_twice()
    {
        Write(LedgerSample.PaymentAt(0, refunded: 500));
        Write(HalfRefund).Versions.ShouldBeEmpty();
        Transaction.RefundedMinor.ShouldBe(500);
    }

    [Theory]
    [InlineData(RefundState.Pending)]
    [InlineData(RefundState.Rejected)]
    [InlineData(RefundState.Failed)]
    public void Only_a_completed_refund_counts(RefundState state)
    {
        Write(LedgerSample.PaymentAt(0));
        Write(HalfRefund with { State = state }).Versions.ShouldBeEmpty();
        Transaction.Status.ShouldBe(TransactionStatus.Completed);
    }

    [Fact]
    public void A_pending_state_with_the_same_time_does_not_replace_a_completed_one()
    {
        Write(LedgerSample.PaymentAt(0));
        Write(HalfRefund);
        Write(HalfRefund with { State = RefundState.Pending }).Versions.ShouldBeEmpty();
        Transaction.RefundedMinor.ShouldBe(500);
    }

    [Fact]
    public void A_completed_refund_that_later_fails_no_longer_counts()
    {
        Write(LedgerSample.PaymentAt(0));
        Write(HalfRefund);
        Write(HalfRefund with { State = RefundState.Failed, UpdatedAt = HalfRefund.UpdatedAt + Duration.FromSeconds(1) });
        (Transaction.RefundedMinor, Transaction.Status).ShouldBe((0, TransactionStatus.Completed));
    }

    [Fact]
    public void Several_refunds_add_up_to_the_total_at_most_and_another_currency_is_never_added()
    {
        Write(LedgerSample.PaymentAt(0));
        Write(HalfRefund with { ExternalId = "r9", Currency = "USD" }).Versions.ShouldBeEmpty();
        foreach (var i in Enumerable.Range(1, 3))
            Write(HalfRefund with { ExternalId = "r" + i, AmountMinor = long.MaxValue / 2 });
        (Transaction.RefundedMinor, Transaction.Status).ShouldBe((1_000, TransactionStatus.Refunded));
    }

    [Fact]
    public void An_unlinked_refund_is_its_own_row_and_counts_as_no_payment()
    {
        Write(HalfRefund with { PaymentId = null, State = RefundState.Pending });
        (Transaction.Status, Transaction.RefundedMinor).ShouldBe((TransactionStatus.Pending, 0));
        Write(HalfRefund with { PaymentId = null, UpdatedAt = HalfRefund.UpdatedAt + Duration.FromSeconds(1) });

        (
            Transaction.Key.ExternalId,
            Transaction.Status,
            Transaction.Payment.TotalMinor,
            Transaction.RefundedMinor,
            Transaction.Payment.Method,
            Transaction.CardToken
        ).ShouldBe(("r1", TransactionStatus.Refunded, 0, 500, PaymentMethod.Other, null));
        (Transaction.Payment.OccurredAt, Transaction.AddedSeq).ShouldBe((HalfRefund.CreatedAt, null));
        _ledger.Changes()[^1].After.ShouldSatisfyAllConditions(s => s.NetMinor.ShouldBe(-500), s => s.IsRefundOnly.ShouldBeTrue());
        _ledger.OrdersToFetch.ShouldBeEmpty();
    }

    [Fact]
    public void An_order_is_fetched_once_and_shared_among_its_payments()
    {
        Write(LedgerSample.PaymentAt(0, PaymentState.Authorized))
            .OrderFetches.Single()
            .Order.ShouldBe(new OrderFetchRequest(new OrderKey("v1", Provider.Square, "o1"), TestLedger.ConnectionId));
        _ledger.FetchOrders(_ => LedgerSample.OrderOf("o1", 1));
        Transaction.Breakdown.IsComplete.ShouldBeTrue();
        Write(LedgerSample.PaymentAt(1)).OrderFetches.ShouldBeEmpty(); // the capture does not change the order
        Write(LedgerSample.PaymentAt(2) with { ExternalId = "p2", TotalMinor = 3_000 }).OrderFetches.ShouldHaveSingleItem();
        _ledger.FetchOrders(_ => LedgerSample.OrderOf("o1", 1));

        _ledger.Transactions.Values.Select(s => s.Breakdown.TaxMinor).ShouldBe([14, 42]);
    }

    [Fact]
    public void An_older_order_never_overwrites_a_newer_one_and_a_payment_never_removes_it()
    {
        Write(LedgerSample.PaymentAt(0));
        _ledger.Write(TestLedger.Observe("v1", LedgerSample.OrderOf("o1", 2)));
        _ledger.Write(TestLedger.Observe("v1", LedgerSample.OrderOf("o1", 1))).Counts.StaleOrders.ShouldHaveSingleItem();
        Write(LedgerSample.PaymentAt(5));

        Transaction.Breakdown.ShouldBe(new Breakdown(63, 10, 2, true, 2));
        _ledger.Versions[^1].State.Breakdown.TaxMinor.ShouldBe(63);
    }

    [Fact]
    public void A_payment_with_its_own_breakdown_is_complete_at_once_and_no_order_is_fetched()
    {
        var payment = LedgerSample.PaymentAt(0) with { Breakdown = new PosBreakdown(80, 20, 5) };
        Write(payment).OrderFetches.ShouldBeEmpty();
        _ledger.Write(TestLedger.Observe("v1", LedgerSample.OrderOf("o1", 2)));

        Transaction.Breakdown.ShouldBe(new Breakdown(80, 20, 5, true, null));
    }

    [Fact]
    public void A_changed_order_is_fetched_only_if_a_payment_of_it_is_stored()
    {
        BatchItem Changed(string id) => TestLedger.Observe("v1", new PosObservations { ChangedOrderIds = [id] });
        _ledger.Write(Changed("o1")).OrderFetches.ShouldBeEmpty();
        Write(LedgerSample.PaymentAt(0));
        _ledger.FetchOrders(_ => LedgerSample.OrderOf("o1", 1));

        _ledger.Write(Changed("o1")).OrderFetches.ShouldHaveSingleItem();
        _ledger.Write(Changed("o7")).OrderFetches.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(-600, false)]
    [InlineData(0, true)]
    public void An_order_read_together_with_its_payment_is_fetched_again_only_if_it_may_be_older_than_the_payment(
        long second,
        bool fetchedAgain
    )
    {
        _ledger.Write(
            TestLedger.Observe(
                "v1",
                new PosObservations { Payments = [LedgerSample.PaymentAt(second)], Orders = [LedgerSample.OrderOf("o1", 1)] }
            )
        );

        Transaction.Breakdown.IsComplete.ShouldBeTrue();
        _ledger.OrdersToFetch.Count.ShouldBe(fetchedAgain ? 1 : 0);
    }

    [Fact]
    public void An_order_read_together_with_its_payment_but_older_than_the_stored_one_is_fetched_again()
    {
        _ledger.Write(
            TestLedger.Observe(
                "v1",
                new PosObservations { Payments = [LedgerSample.PaymentAt(-600)], Orders = [LedgerSample.OrderOf("o1", 2)] }
            )
        );
        _ledger.OrdersToFetch.ShouldBeEmpty();

        _ledger.Write(
            TestLedger.Observe(
                "v1",
                new PosObservations
                {
                    Payments = [LedgerSample.PaymentAt(-600) with { ExternalId = "p2" }],
                    Orders = [LedgerSample.OrderOf("o1", 1)],
                }
            )
        );
        _ledger.OrdersToFetch.Count.ShouldBe(1);
    }
}
