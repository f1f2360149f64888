using Ingestion.Contracts;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>How the states of one payment become a transaction and its versions: in order, late, repeated and in one batch.</summary>
public sealed class LedgerMergeTests
{
    private readonly TestLedger _ledger = new();

    private Ingestion.Ledger.LedgerTransaction Transaction => _ledger.Transactions.Values.Single();

    private static Ingestion.Ledger.BatchItem Observe(PosPayment payment) => TestLedger.Observe("v1", payment);

    [Fact]
    public void Created_then_updated_is_one_transaction_with_two_versions()
    {
        _ledger.Write(Observe(LedgerSample.PaymentAt(0, PaymentState.Authorized)));
        _ledger.Write(Observe(LedgerSample.PaymentAt(1)));

        Transaction.Status.ShouldBe(TransactionStatus.Completed);
        _ledger.Versions.Select(v => (v.Seq, v.PreviousSeq, v.Applied, v.Added)).ShouldBe([(1, null, true, true), (2, 1L, true, false)]);
        (Transaction.LastSeq, Transaction.AddedSeq).ShouldBe((2, 1L));
    }

    [Fact]
    public void Created_after_updated_changes_nothing_and_stays_in_the_history()
    {
        _ledger.Write(Observe(LedgerSample.PaymentAt(1)));
        var late = _ledger.Write(Observe(LedgerSample.PaymentAt(0, PaymentState.Authorized)));

        Transaction.Status.ShouldBe(TransactionStatus.Completed);
        (late.Inserted.Count, late.Updated.Count).ShouldBe((0, 0));
        late.Versions.Single()
            .ShouldSatisfyAllConditions(
                v => (v.Seq, v.PreviousSeq, v.Applied, v.Added).ShouldBe((2, null, false, false)),
                v => v.State.Status.ShouldBe(TransactionStatus.Authorized)
            );
        Transaction.LastSeq.ShouldBe(1);
    }

    [Fact]
    public void Created_after_updated_in_one_batch_is_a_completed_transaction_added_once()
    {
        var changes = _ledger.Write(Observe(LedgerSample.PaymentAt(1)), Observe(LedgerSample.PaymentAt(0, PaymentState.Authorized)));

        changes.Inserted.Single().Status.ShouldBe(TransactionStatus.Completed);
        changes.Versions.Select(v => (v.Seq, v.Applied, v.Added)).ShouldBe([(1, false, false), (2, true, true)]);
    }

    [Fact]
    public void A_reconciliation_replaces_figures_that_were_changed_outside_of_the_ledger_and_nothing_else()
    {
        var payment = LedgerSample.PaymentAt(1);
        _ledger.Write(Observe(payment));
        var stored = Transaction;
        Ingestion.Ledger.BatchItem Reconcile(PosPayment p) =>
            Ingestion.Ledger.BatchItem.Of(
                TestLedger.ConnectionOf("v1"),
                new PosObservations { Payments = [p] },
                VersionCause.Reconciliation,
                "r"
            );

        _ledger.Write(Reconcile(payment)).Versions.ShouldBeEmpty();

        var changes = new[]
        {
            payment with
            {
                TotalMinor = payment.TotalMinor + 1_000_000,
            },
            payment with
            {
                TipMinor = payment.TipMinor + 1,
            },
            payment with
            {
                OccurredAt = payment.OccurredAt.Plus(NodaTime.Duration.FromDays(-2)),
            },
            payment with
            {
                Currency = "JPY",
            },
        };
        foreach (var changed in changes)
        {
            // As a row is read that somebody has changed: the figures are others, the moment and the hash are as they were.
            _ledger.Transactions[stored.Key] = stored with
            {
                Payment = changed,
                Version = stored.Version with { Total = changed.TotalMinor, Finality = changed.State },
            };
            _ledger.Write(Observe(payment)).Updated.ShouldBeEmpty();
            var version = _ledger.Write(Reconcile(payment)).Versions.Single();
            (version.Applied, version.Cause, version.CauseId).ShouldBe((true, VersionCause.Reconciliation, "r"));
            Transaction.Payment.ShouldBe(payment);
        }

        // A state that is older than the stored one is still late.
        _ledger.Write(Observe(LedgerSample.PaymentAt(3)));
        _ledger.Write(Reconcile(payment with { TotalMinor = 1 })).Updated.ShouldBeEmpty();
    }

    [Fact]
    public void The_same_state_twice_in_one_batch_is_one_version() =>
        _ledger.Write(Observe(LedgerSample.PaymentAt(0)), Observe(LedgerSample.PaymentAt(0))).Versions.Count.ShouldBe(1);

    [Fact]
    public void Forty_states_in_one_batch_end_in_the_newest_whatever_their_order()
    {
        var states = Enumerable.Range(0, 40).Select(i => Observe(LedgerSample.PaymentAt(i, refunded: i))).ToArray();
        for (var seed = 0; seed < 20; seed++)
        {
            var ledger = new TestLedger();
            var shuffled = states.ToArray();
            new Random(seed).Shuffle(shuffled);
            var changes = ledger.Write(shuffled);

            changes.Inserted.Single().RefundedMinor.ShouldBe(39);
            changes.Versions.Count.ShouldBe(40);
            changes.Versions.Single(v => v.Applied).Seq.ShouldBe(40);
            changes.Heads["v1"].ShouldBe(40);
        }
    }

    [Fact]
    public void Of_two_events_with_the_same_time_the_more_final_one_counts_in_either_order()
    {
        var (authorized, captured) = (Observe(LedgerSample.PaymentAt(0, PaymentState.Authorized)), Observe(LedgerSample.PaymentAt(0)));
        foreach (var order in new[] { new[] { authorized, captured }, [captured, authorized] })
        {
            var (together, separately) = (new TestLedger(), new TestLedger());
            together.Write(order);
            separately.Write(order[0]);
            separately.Write(order[1]);

            together.Transactions.Values.Single().Status.ShouldBe(TransactionStatus.Completed);
            separately.Transactions.Values.Single().Status.ShouldBe(TransactionStatus.Completed);
        }
    }

    [Fact]
    public void A_paid_state_hidden_by_its_cancellation_in_one_batch_adds_nothing()
    {
        _ledger.Write(
            Observe(LedgerSample.PaymentAt(0, PaymentState.Authorized)),
            Observe(LedgerSample.PaymentAt(1, PaymentState.Canceled))
        );

        (Transaction.Status, Transaction.AddedSeq).ShouldBe((TransactionStatus.Canceled, null));
        _ledger.Versions.ShouldAllBe(v => !v.Added);
    }

    [Fact]
    public void A_canceled_authorization_stays_added()
    {
        _ledger.Write(Observe(LedgerSample.PaymentAt(0, PaymentState.Authorized)));
        _ledger.Write(Observe(LedgerSample.PaymentAt(1, PaymentState.Canceled)));

        (Transaction.Status, Transaction.AddedSeq).ShouldBe((TransactionStatus.Canceled, 1L));
    }

    [Fact]
    public void Each_venue_has_its_own_feed_and_the_same_payment_id_there_is_another_transaction()
    {
        var changes = _ledger.Write(
            TestLedger.Observe("v1", LedgerSample.DefaultPayment),
            TestLedger.Observe("v2", LedgerSample.DefaultPayment),
            TestLedger.Observe("v1", LedgerSample.DefaultPayment with { ExternalId = "p2" })
        );

        changes.Inserted.Count.ShouldBe(3);
        changes.Heads.ShouldBe(new Dictionary<string, long> { ["v1"] = 2, ["v2"] = 1 }, ignoreOrder: true);
    }

    [Theory]
    [InlineData(0, 0, TransactionStatus.Completed)]
    [InlineData(1, 1, TransactionStatus.PartiallyRefunded)]
    [InlineData(999, 999, TransactionStatus.PartiallyRefunded)]
    [InlineData(1_000, 1_000, TransactionStatus.Refunded)]
    [InlineData(5_000, 1_000, TransactionStatus.Refunded)]
    [InlineData(-5, 0, TransactionStatus.Completed)]
    [InlineData(long.MaxValue, 1_000, TransactionStatus.Refunded)]
    public void The_refunded_amount_is_never_negative_and_never_more_than_the_total(long observed, long stored, TransactionStatus status)
    {
        _ledger.Write(Observe(LedgerSample.PaymentAt(0, refunded: observed)));

        (Transaction.RefundedMinor, Transaction.Status).ShouldBe((stored, status));
    }

    [Fact]
    public void A_transaction_with_a_zero_total_is_completed_and_not_refunded()
    {
        _ledger.Write(Observe(LedgerSample.PaymentAt(0, total: 0, refunded: 100)));

        (Transaction.RefundedMinor, Transaction.Status).ShouldBe((0, TransactionStatus.Completed));
    }

    [Fact]
    public void A_linked_card_assigns_the_transaction_to_its_user()
    {
        _ledger.UserOfCard = (venue, _) => venue == "v1" ? "anna" : null;
        _ledger.Write(Observe(LedgerSample.DefaultPayment), TestLedger.Observe("v2", LedgerSample.DefaultPayment));

        _ledger
            .Transactions.Values.Select(s => (s.Key.VenueId, s.UserId, s.MatchedBy))
            .ShouldBe([("v1", "anna", MatchedBy.Card), ("v2", null, null)], ignoreOrder: true);
    }

    [Fact]
    public void A_card_linked_later_assigns_the_transaction_with_its_next_state()
    {
        _ledger.Write(Observe(LedgerSample.PaymentAt(0, PaymentState.Authorized)));
        _ledger.UserOfCard = (_, _) => "anna";
        _ledger.Write(Observe(LedgerSample.PaymentAt(1)));

        (Transaction.UserId, Transaction.MatchedBy).ShouldBe(("anna", MatchedBy.Card));
    }

    [Fact]
    public void A_user_assigned_by_hand_is_never_replaced()
    {
        _ledger.Write(Observe(LedgerSample.PaymentAt(0, PaymentState.Authorized)));
        _ledger.Transactions[Transaction.Key] = Transaction with { UserId = "ben", MatchedBy = MatchedBy.Hand };
        _ledger.UserOfCard = (_, _) => "anna";
        _ledger.Write(Observe(LedgerSample.PaymentAt(1)));
        _ledger.Write(Observe(LedgerSample.PaymentAt(2, refunded: 1_000)));

        (Transaction.UserId, Transaction.MatchedBy, Transaction.Status).ShouldBe(("ben", MatchedBy.Hand, TransactionStatus.Refunded));
    }

    [Fact]
    public void A_card_without_a_fingerprint_belongs_to_no_user()
    {
        _ledger.UserOfCard = (_, _) => "anna";
        _ledger.Write(Observe(LedgerSample.DefaultPayment with { Card = new PosCard("VISA", "1234", "EMV", null) }));

        (Transaction.UserId, Transaction.CardToken).ShouldBe((null, null));
    }

    [Fact]
    public void The_user_does_not_depend_on_the_order_and_batching_of_the_states()
    {
        var first = TestLedger.Observe("v1", LedgerSample.PaymentAt(0, PaymentState.Authorized));
        var second = TestLedger.Observe("v1", LedgerSample.PaymentAt(1) with { Card = null });
        var (oneBatch, twoBatches, reversed) = (
            new TestLedger { UserOfCard = (_, _) => "anna" },
            new TestLedger { UserOfCard = (_, _) => "anna" },
            new TestLedger { UserOfCard = (_, _) => "anna" }
        );
        oneBatch.Write(first, second);
        twoBatches.Write(first);
        twoBatches.Write(second);
        reversed.Write(second);
        reversed.Write(first);
        oneBatch.Transactions.Values.Single().UserId.ShouldBe(twoBatches.Transactions.Values.Single().UserId);
        reversed.Transactions.Values.Single().UserId.ShouldBe(twoBatches.Transactions.Values.Single().UserId);
    }
}
