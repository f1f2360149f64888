using Ingestion.Contracts;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>Flows of one payment through the ledger, and their shadows.</summary>
public sealed class FoldTests
{
    private readonly Book _book = new();

    private Ingestion.Ledger.LedgerTransaction Sale => _book.Sales.Values.Single();

    private static Ingestion.Ledger.BatchItem Seen(PosPayment payment) => Book.Seen("v1", payment);

    [Fact]
    public void Created_then_updated_is_one_sale_with_two_versions()
    {
        _book.Write(Seen(Payments.At(0, PaymentState.Authorized)));
        _book.Write(Seen(Payments.At(1)));

        Sale.Status.ShouldBe(TransactionStatus.Completed);
        _book.Versions.Select(v => (v.Seq, v.PreviousSeq, v.Applied, v.Added)).ShouldBe([(1, null, true, true), (2, 1L, true, false)]);
        (Sale.LastSeq, Sale.AddedSeq).ShouldBe((2, 1L));
    }

    [Fact]
    public void Created_after_updated_changes_nothing_and_is_kept()
    {
        _book.Write(Seen(Payments.At(1)));
        var late = _book.Write(Seen(Payments.At(0, PaymentState.Authorized)));

        Sale.Status.ShouldBe(TransactionStatus.Completed);
        (late.Inserted.Count, late.Updated.Count).ShouldBe((0, 0));
        late.Versions.Single()
            .ShouldSatisfyAllConditions(
                v => (v.Seq, v.PreviousSeq, v.Applied, v.Added).ShouldBe((2, null, false, false)),
                v => v.State.Status.ShouldBe(TransactionStatus.Authorized)
            );
        Sale.LastSeq.ShouldBe(1);
    }

    [Fact]
    public void Created_after_updated_in_one_batch_is_a_completed_sale_added_once()
    {
        var folded = _book.Write(Seen(Payments.At(1)), Seen(Payments.At(0, PaymentState.Authorized)));

        folded.Inserted.Single().Status.ShouldBe(TransactionStatus.Completed);
        folded.Versions.Select(v => (v.Seq, v.Applied, v.Added)).ShouldBe([(1, false, false), (2, true, true)]);
    }

    [Fact]
    public void The_same_state_twice_in_one_batch_is_one_version() =>
        _book.Write(Seen(Payments.At(0)), Seen(Payments.At(0))).Versions.Count.ShouldBe(1);

    [Fact]
    public void Forty_states_in_one_batch_end_in_the_newest_whatever_their_order()
    {
        var states = Enumerable.Range(0, 40).Select(i => Seen(Payments.At(i, refunded: i))).ToArray();
        for (var seed = 0; seed < 20; seed++)
        {
            var book = new Book();
            var shuffled = states.ToArray();
            new Random(seed).Shuffle(shuffled);
            var folded = book.Write(shuffled);

            folded.Inserted.Single().RefundedMinor.ShouldBe(39);
            folded.Versions.Count.ShouldBe(40);
            folded.Versions.Single(v => v.Applied).Seq.ShouldBe(40);
            folded.Heads["v1"].ShouldBe(40);
        }
    }

    [Fact]
    public void Of_two_events_of_the_same_instant_the_more_final_one_counts_in_either_order()
    {
        var (authorized, captured) = (Seen(Payments.At(0, PaymentState.Authorized)), Seen(Payments.At(0)));
        foreach (var order in new[] { new[] { authorized, captured }, [captured, authorized] })
        {
            var (together, apart) = (new Book(), new Book());
            together.Write(order);
            apart.Write(order[0]);
            apart.Write(order[1]);

            together.Sales.Values.Single().Status.ShouldBe(TransactionStatus.Completed);
            apart.Sales.Values.Single().Status.ShouldBe(TransactionStatus.Completed);
        }
    }

    [Fact]
    public void A_paid_state_hidden_by_its_cancellation_in_one_batch_adds_nothing()
    {
        _book.Write(Seen(Payments.At(0, PaymentState.Authorized)), Seen(Payments.At(1, PaymentState.Canceled)));

        (Sale.Status, Sale.AddedSeq).ShouldBe((TransactionStatus.Canceled, null));
        _book.Versions.ShouldAllBe(v => !v.Added);
    }

    [Fact]
    public void A_canceled_authorization_stays_added()
    {
        _book.Write(Seen(Payments.At(0, PaymentState.Authorized)));
        _book.Write(Seen(Payments.At(1, PaymentState.Canceled)));

        (Sale.Status, Sale.AddedSeq).ShouldBe((TransactionStatus.Canceled, 1L));
    }

    [Fact]
    public void Venues_have_feeds_of_their_own_and_the_same_payment_id_is_another_sale()
    {
        var folded = _book.Write(
            Book.Seen("v1", Payments.Usual),
            Book.Seen("v2", Payments.Usual),
            Book.Seen("v1", Payments.Usual with { ExternalId = "p2" })
        );

        folded.Inserted.Count.ShouldBe(3);
        folded.Heads.ShouldBe(new Dictionary<string, long> { ["v1"] = 2, ["v2"] = 1 }, ignoreOrder: true);
    }

    [Theory]
    [InlineData(0, 0, TransactionStatus.Completed)]
    [InlineData(1, 1, TransactionStatus.PartiallyRefunded)]
    [InlineData(999, 999, TransactionStatus.PartiallyRefunded)]
    [InlineData(1_000, 1_000, TransactionStatus.Refunded)]
    [InlineData(5_000, 1_000, TransactionStatus.Refunded)]
    [InlineData(-5, 0, TransactionStatus.Completed)]
    [InlineData(long.MaxValue, 1_000, TransactionStatus.Refunded)]
    public void What_was_given_back_is_never_more_than_was_paid(long told, long kept, TransactionStatus status)
    {
        _book.Write(Seen(Payments.At(0, refunded: told)));

        (Sale.RefundedMinor, Sale.Status).ShouldBe((kept, status));
    }

    [Fact]
    public void A_sale_of_nothing_is_completed_and_not_refunded()
    {
        _book.Write(Seen(Payments.At(0, total: 0, refunded: 100)));

        (Sale.RefundedMinor, Sale.Status).ShouldBe((0, TransactionStatus.Completed));
    }

    [Fact]
    public void A_linked_card_ties_the_sale_to_its_user()
    {
        _book.UserOfCard = (venue, _) => venue == "v1" ? "anna" : null;
        _book.Write(Seen(Payments.Usual), Book.Seen("v2", Payments.Usual));

        _book
            .Sales.Values.Select(s => (s.Key.VenueId, s.UserId, s.MatchedBy))
            .ShouldBe([("v1", "anna", MatchedBy.Card), ("v2", null, null)], ignoreOrder: true);
    }

    [Fact]
    public void A_card_linked_later_ties_the_sale_at_its_next_state()
    {
        _book.Write(Seen(Payments.At(0, PaymentState.Authorized)));
        _book.UserOfCard = (_, _) => "anna";
        _book.Write(Seen(Payments.At(1)));

        (Sale.UserId, Sale.MatchedBy).ShouldBe(("anna", MatchedBy.Card));
    }

    [Fact]
    public void A_link_by_hand_is_never_replaced()
    {
        _book.Write(Seen(Payments.At(0, PaymentState.Authorized)));
        _book.Sales[Sale.Key] = Sale with { UserId = "ben", MatchedBy = MatchedBy.Hand };
        _book.UserOfCard = (_, _) => "anna";
        _book.Write(Seen(Payments.At(1)));
        _book.Write(Seen(Payments.At(2, refunded: 1_000)));

        (Sale.UserId, Sale.MatchedBy, Sale.Status).ShouldBe(("ben", MatchedBy.Hand, TransactionStatus.Refunded));
    }

    [Fact]
    public void A_card_without_a_fingerprint_is_nobodys()
    {
        _book.UserOfCard = (_, _) => "anna";
        _book.Write(Seen(Payments.Usual with { Card = new PosCard("VISA", "1234", "EMV", null) }));

        (Sale.UserId, Sale.CardToken).ShouldBe((null, null));
    }
}
