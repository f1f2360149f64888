using Ingestion.Contracts;
using Ingestion.Ledger;
using Integrations.Contracts.Connections;
using NodaTime;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>Refunds, orders and the sales they belong to, in every order of arrival.</summary>
public sealed class RefundTests
{
    private static readonly PosRefund Half = new(
        "r1",
        "p1",
        null,
        "L",
        RefundState.Completed,
        500,
        "EUR",
        "spilt",
        Payments.Usual.OccurredAt,
        Payments.Usual.UpdatedAt
    );
    private readonly Book _book = new();

    private LedgerTransaction Sale => _book.Sales.Values.Single();

    private LedgerChanges Write(PosRefund refund) => _book.Write(Book.Seen("v1", refund));

    private LedgerChanges Write(PosPayment payment) => _book.Write(Book.Seen("v1", payment));

    [Fact]
    public void A_completed_refund_lowers_the_sale_and_the_net()
    {
        Write(Payments.At(0));
        Write(Half)
            .Versions.Single()
            .ShouldSatisfyAllConditions(v => v.Applied.ShouldBeTrue(), v => v.PreviousSeq.ShouldBe(1), v => v.Added.ShouldBeFalse());

        (Sale.RefundedMinor, Sale.Status).ShouldBe((500, TransactionStatus.PartiallyRefunded));
        _book.Changes()[^1].After.NetMinor.ShouldBe(500);
    }

    [Fact]
    public void A_refund_that_comes_before_its_payment_waits_and_counts_with_it_at_once()
    {
        Write(Half).Versions.ShouldBeEmpty();
        Write(Payments.At(0)).Versions.Single().State.RefundedMinor.ShouldBe(500);
    }

    [Fact]
    public void A_refund_in_one_batch_with_its_payment_is_one_version() =>
        _book
            .Write(Book.Seen("v1", Half), Book.Seen("v1", Payments.At(0)))
            .Versions.Single()
            .State.Status.ShouldBe(TransactionStatus.PartiallyRefunded);

    [Fact]
    public void Neither_a_state_of_the_payment_wipes_the_refunds_nor_the_other_way_round()
    {
        Write(Payments.At(0));
        Write(Half);
        Write(Payments.At(1)); // says nothing of a refund
        Sale.RefundedMinor.ShouldBe(500);
        Write(Payments.At(2, refunded: 700));
        Write(Half with { UpdatedAt = Half.UpdatedAt + Duration.FromSeconds(9), State = RefundState.Failed });
        Sale.RefundedMinor.ShouldBe(700);
    }

    [Fact]
    public void What_the_payment_already_tells_is_not_counted_twice()
    {
        Write(Payments.At(0, refunded: 500));
        Write(Half).Versions.ShouldBeEmpty();
        Sale.RefundedMinor.ShouldBe(500);
    }

    [Theory]
    [InlineData(RefundState.Pending)]
    [InlineData(RefundState.Rejected)]
    [InlineData(RefundState.Failed)]
    public void Only_a_completed_refund_counts(RefundState state)
    {
        Write(Payments.At(0));
        Write(Half with { State = state }).Versions.ShouldBeEmpty();
        Sale.Status.ShouldBe(TransactionStatus.Completed);
    }

    [Fact]
    public void Completed_before_pending_ends_completed_also_in_the_same_second()
    {
        Write(Payments.At(0));
        Write(Half);
        Write(Half with { State = RefundState.Pending }).Versions.ShouldBeEmpty();
        Sale.RefundedMinor.ShouldBe(500);
    }

    [Fact]
    public void A_refund_that_fails_after_all_gives_the_sale_back()
    {
        Write(Payments.At(0));
        Write(Half);
        Write(Half with { State = RefundState.Failed, UpdatedAt = Half.UpdatedAt + Duration.FromSeconds(1) });
        (Sale.RefundedMinor, Sale.Status).ShouldBe((0, TransactionStatus.Completed));
    }

    [Fact]
    public void Several_refunds_add_up_to_the_total_at_most_and_another_currency_is_never_added()
    {
        Write(Payments.At(0));
        Write(Half with { ExternalId = "r9", Currency = "USD" }).Versions.ShouldBeEmpty();
        foreach (var i in Enumerable.Range(1, 3))
            Write(Half with { ExternalId = "r" + i, AmountMinor = long.MaxValue / 2 });
        (Sale.RefundedMinor, Sale.Status).ShouldBe((1_000, TransactionStatus.Refunded));
    }

    [Fact]
    public void An_unlinked_refund_is_a_row_of_its_own_and_no_sale()
    {
        Write(Half with { PaymentId = null, State = RefundState.Pending });
        (Sale.Status, Sale.RefundedMinor).ShouldBe((TransactionStatus.Pending, 0));
        Write(Half with { PaymentId = null, UpdatedAt = Half.UpdatedAt + Duration.FromSeconds(1) });

        (Sale.Key.ExternalId, Sale.Status, Sale.Payment.TotalMinor, Sale.RefundedMinor, Sale.Payment.Method, Sale.CardToken).ShouldBe(
            ("r1", TransactionStatus.Refunded, 0, 500, PaymentMethod.Other, null)
        );
        (Sale.Payment.OccurredAt, Sale.AddedSeq).ShouldBe((Half.CreatedAt, null));
        _book.Changes()[^1].After.ShouldSatisfyAllConditions(s => s.NetMinor.ShouldBe(-500), s => s.IsRefundOnly.ShouldBeTrue());
        _book.Wanted.ShouldBeEmpty();
    }

    [Fact]
    public void An_order_is_asked_for_once_and_shared_among_its_payments()
    {
        Write(Payments.At(0, PaymentState.Authorized))
            .OrderFetches.Single()
            .Order.ShouldBe(new OrderFetchRequest(new OrderKey("v1", Provider.Square, "o1"), Book.Connection));
        _book.Fetch(_ => Payments.OrderOf("o1", 1));
        Sale.Breakdown.IsComplete.ShouldBeTrue();
        Write(Payments.At(1)).OrderFetches.ShouldBeEmpty(); // captured: nothing that matters to the order
        Write(Payments.At(2) with { ExternalId = "p2", TotalMinor = 3_000 }).OrderFetches.ShouldHaveSingleItem();
        _book.Fetch(_ => Payments.OrderOf("o1", 1));

        _book.Sales.Values.Select(s => s.Breakdown.TaxMinor).ShouldBe([14, 42]);
    }

    [Fact]
    public void An_older_order_never_overwrites_a_newer_one_and_a_payment_never_wipes_it()
    {
        Write(Payments.At(0));
        _book.Write(Book.Seen("v1", Payments.OrderOf("o1", 2)));
        _book.Write(Book.Seen("v1", Payments.OrderOf("o1", 1))).Counts.StaleOrders.ShouldHaveSingleItem();
        Write(Payments.At(5));

        Sale.Breakdown.ShouldBe(new Breakdown(63, 10, 2, true, 2));
        _book.Versions[^1].State.Breakdown.TaxMinor.ShouldBe(63);
    }

    [Fact]
    public void What_a_payment_tells_of_itself_is_complete_at_once_and_no_order_is_asked_for()
    {
        var told = Payments.At(0) with { Breakdown = new PosBreakdown(80, 20, 5) };
        Write(told).OrderFetches.ShouldBeEmpty();
        _book.Write(Book.Seen("v1", Payments.OrderOf("o1", 2)));

        Sale.Breakdown.ShouldBe(new Breakdown(80, 20, 5, true, null));
    }

    [Fact]
    public void A_changed_order_is_fetched_only_where_a_sale_of_it_is_known()
    {
        BatchItem Changed(string id) => Book.Seen("v1", new PosObservations { ChangedOrderIds = [id] });
        _book.Write(Changed("o1")).OrderFetches.ShouldBeEmpty();
        Write(Payments.At(0));
        _book.Fetch(_ => Payments.OrderOf("o1", 1));

        _book.Write(Changed("o1")).OrderFetches.ShouldHaveSingleItem();
        _book.Write(Changed("o7")).OrderFetches.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(-600, false)]
    [InlineData(0, true)]
    public void An_order_that_was_read_with_its_payment_is_fetched_again_only_where_it_may_be_from_before_it(long second, bool again)
    {
        _book.Write(Book.Seen("v1", new PosObservations { Payments = [Payments.At(second)], Orders = [Payments.OrderOf("o1", 1)] }));

        Sale.Breakdown.IsComplete.ShouldBeTrue();
        _book.Wanted.Count.ShouldBe(again ? 1 : 0);
    }

    [Fact]
    public void An_order_that_was_read_with_its_payment_but_is_older_than_the_known_one_is_fetched_again()
    {
        _book.Write(Book.Seen("v1", new PosObservations { Payments = [Payments.At(-600)], Orders = [Payments.OrderOf("o1", 2)] }));
        _book.Wanted.ShouldBeEmpty();

        _book.Write(
            Book.Seen(
                "v1",
                new PosObservations { Payments = [Payments.At(-600) with { ExternalId = "p2" }], Orders = [Payments.OrderOf("o1", 1)] }
            )
        );
        _book.Wanted.Count.ShouldBe(1);
    }
}
