using CsCheck;
using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using Rules.SpendRules;
using Rules.Unlocks;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Rules;

/// <summary>Which change unlocks which rules, and what a refund revokes.</summary>
public sealed class RuleEvaluationTests
{
    private static readonly Instant Noon = Instant.FromUtc(2026, 11, 20, 12, 0);

    private sealed record TestVenue(UnlockPolicy UnlockPolicy = UnlockPolicy.Keep, CountFrom RulesCountFrom = CountFrom.Authorized) : IVenue
    {
        public string Id => "v";
        public string Name => "v";
        public string TimeZone => "Europe/Berlin";
        public string Currency => "EUR";
        public LocalTime DayCutoff => LocalTime.Midnight;
        public IReadOnlyList<string> OwnerUserIds => [];
    }

    private static SpendRule Rule(string name, long threshold, string currency = "EUR", Tier tier = Tier.Regular) =>
        new()
        {
            Id = Guid.NewGuid(),
            VenueId = "v",
            Name = name,
            Enabled = true,
            Currency = currency,
            ThresholdMinor = threshold,
            UnlocksTier = tier,
            GrantsAccess = [],
        };

    private static EvaluationState StateWith(TestVenue venue, params SpendRule[] rules) => new(venue, [.. rules], [], [], []);

    private static TransactionState Transaction(
        string? user,
        long total,
        long refunded = 0,
        string currency = "EUR",
        TransactionStatus status = TransactionStatus.Completed
    ) => new(Provider.Square, status, currency, total, 0, refunded, PaymentMethod.Card, user, Noon);

    private static TransactionChange Change(TransactionState? before, TransactionState after) =>
        new("v", 1, Guid.Empty, Noon, before, after);

    private static string Evaluate(EvaluationState state, params TransactionChange[] changes)
    {
        var result = RuleEvaluation.Evaluate(state, changes, Guid.NewGuid);
        return string.Join(
            ' ',
            result
                .NewUnlocks.Select(f => $"+{f.Rule!.Name}:{f.UserId}:{f.SpendMinor}")
                .Concat(
                    result.RevokedUnlocks.Select(t => $"-{state.EnabledRules.Single(r => r.Id == t.Unlock.RuleId).Name}:{t.Unlock.UserId}")
                )
        );
    }

    [Fact]
    public void Every_rule_that_holds_unlocks_once_at_its_threshold()
    {
        var state = StateWith(new(), Rule("first", 100), Rule("second", 50), Rule("never", 1_000));

        Evaluate(state, Change(null, Transaction("anna", 60)), Change(null, Transaction("anna", 60)), Change(null, Transaction("anna", 60)))
            .ShouldBe("+second:anna:60 +first:anna:120");
    }

    [Fact]
    public void A_rule_unlocks_at_its_threshold_and_not_one_minor_unit_below()
    {
        Evaluate(StateWith(new(), Rule("r", 100)), Change(null, Transaction("anna", 99))).ShouldBe("");
        Evaluate(StateWith(new(), Rule("r", 100)), Change(null, Transaction("anna", 100))).ShouldBe("+r:anna:100");
    }

    [Fact]
    public void A_refund_never_unlocks()
    {
        // The rule is new: the spend is above its threshold before and after.
        var state = StateWith(new(), Rule("r", 100));
        state.Spend[("anna", "EUR")] = (500, 500);

        Evaluate(
                state,
                Change(Transaction("anna", 300), Transaction("anna", 300, refunded: 100, status: TransactionStatus.PartiallyRefunded))
            )
            .ShouldBe("");
    }

    [Theory]
    [InlineData(CountFrom.Authorized, "+r:anna:100")]
    [InlineData(CountFrom.Captured, "")]
    public void An_authorization_unlocks_only_where_it_counts(CountFrom countFrom, string expected) =>
        Evaluate(
                StateWith(new(RulesCountFrom: countFrom), Rule("r", 100)),
                Change(null, Transaction("anna", 100, status: TransactionStatus.Authorized))
            )
            .ShouldBe(expected);

    [Fact]
    public void A_capture_unlocks_where_only_captures_count()
    {
        var state = StateWith(new(RulesCountFrom: CountFrom.Captured), Rule("r", 100));
        var transaction = Transaction("anna", 100, status: TransactionStatus.Authorized);

        Evaluate(state, Change(null, transaction), Change(transaction, transaction with { Status = TransactionStatus.Completed }))
            .ShouldBe("+r:anna:100");
    }

    [Fact]
    public void A_transaction_assigned_to_another_user_unlocks_for_them_and_revokes_from_the_first()
    {
        var state = StateWith(new(UnlockPolicy.Revoke), Rule("r", 100));
        Evaluate(state, Change(null, Transaction("anna", 100))).ShouldBe("+r:anna:100");

        Evaluate(state, Change(Transaction("anna", 100), Transaction("ben", 100))).ShouldBe("+r:ben:100 -r:anna");
    }

    [Fact]
    public void A_transaction_that_changes_currency_raises_spend_in_the_new_one_and_lowers_it_in_the_old_one()
    {
        var state = StateWith(new(UnlockPolicy.Revoke), Rule("euros", 100), Rule("dollars", 100, "USD"));
        Evaluate(state, Change(null, Transaction("anna", 100))).ShouldBe("+euros:anna:100");

        Evaluate(state, Change(Transaction("anna", 100), Transaction("anna", 100, currency: "USD")))
            .ShouldBe("+dollars:anna:100 -euros:anna");
    }

    [Fact]
    public void A_refund_revokes_nothing_that_was_unlocked_in_another_currency()
    {
        var dollars = Rule("dollars", 100, "USD");
        var state = StateWith(new(UnlockPolicy.Revoke), dollars);
        Evaluate(state, Change(null, Transaction("anna", 100, currency: "USD"))).ShouldBe("+dollars:anna:100");
        dollars.ThresholdMinor = 200; // what it has unlocked stays

        Evaluate(
                state,
                Change(null, Transaction("anna", 50)),
                Change(Transaction("anna", 50), Transaction("anna", 50, refunded: 50, status: TransactionStatus.Refunded))
            )
            .ShouldBe("");
        state.ActiveUnlocks.Count.ShouldBe(1);
    }

    [Fact]
    public void An_unlock_is_revoked_by_the_threshold_it_was_given_under_not_by_the_rules_present_one()
    {
        var rule = Rule("r", 50);
        var state = StateWith(new(UnlockPolicy.Revoke), rule);
        Evaluate(state, Change(null, Transaction("anna", 60))).ShouldBe("+r:anna:60");
        rule.ThresholdMinor = 500;

        var refundedOne = Transaction("anna", 60, refunded: 1, status: TransactionStatus.PartiallyRefunded);
        Evaluate(state, Change(Transaction("anna", 60), refundedOne)).ShouldBe("");
        var refundedEleven = Transaction("anna", 60, refunded: 11, status: TransactionStatus.PartiallyRefunded);
        Evaluate(state, Change(refundedOne, refundedEleven)).ShouldBe("-r:anna");
    }

    [Fact]
    public void KEEP_keeps_an_unlock_and_a_manual_grant_is_never_revoked()
    {
        var refund = Change(Transaction("anna", 100), Transaction("anna", 100, refunded: 100, status: TransactionStatus.Refunded));
        Evaluate(StateWith(new(), Rule("r", 100)), Change(null, Transaction("anna", 100)), refund).ShouldBe("+r:anna:100");

        var revoking = StateWith(new(UnlockPolicy.Revoke), Rule("r", 100));
        revoking.ActiveUnlocks.Add(new ActiveUnlock(Guid.NewGuid(), "anna", null, Tier.Whale, [], null));
        Evaluate(revoking, Change(null, Transaction("anna", 100)), refund).ShouldBe(""); // unlocked and revoked within one batch
        revoking.ActiveUnlocks.ShouldHaveSingleItem().RuleId.ShouldBeNull();
    }

    [Fact]
    public void A_payment_that_is_evaluated_after_its_own_refund_unlocks_nothing()
    {
        var transaction = Transaction("anna", 100);
        var state = StateWith(new(UnlockPolicy.Revoke), Rule("r", 100));

        Evaluate(
                state,
                Change(transaction, transaction with { RefundedMinor = 100, Status = TransactionStatus.Refunded }),
                Change(null, transaction)
            )
            .ShouldBe("");
        state.Spend[("anna", "EUR")].ShouldBe((0, 0));
    }

    /// <summary>Unlocks and spend are the same whatever the size of the batches.</summary>
    [Fact]
    public void The_result_does_not_depend_on_how_the_feed_is_split_into_batches()
    {
        var transaction = Gen.Select(Gen.Int[0, 2], Gen.Long[0, 60], Gen.Long[0, 60], Gen.Int[0, 1], Gen.Int[0, 4])
            .Select(
                (user, total, refunded, currency, status) =>
                    Transaction(
                        user == 2 ? null : $"u{user}",
                        total,
                        Math.Min(total, refunded),
                        currency == 0 ? "EUR" : "USD",
                        (TransactionStatus)status
                    )
            );
        var rules = new[] { Rule("a", 30), Rule("b", 60), Rule("c", 40, "USD"), Rule("d", 100) };
        Gen.Select(Gen.Select(transaction, transaction).Array[0, 25], Gen.Int[1, 9], Gen.Enum<UnlockPolicy>(), Gen.Enum<CountFrom>())
            .Sample(
                (pairs, size, policy, from) =>
                {
                    var changes = pairs.Select((m, i) => Change(i % 3 == 0 ? null : m.Item1, m.Item2)).ToArray();
                    string ResultOf(int batch)
                    {
                        var state = StateWith(new(policy, from), rules);
                        foreach (var part in changes.Chunk(batch))
                            RuleEvaluation.Evaluate(state, part, Guid.NewGuid);
                        return string.Join(
                            ' ',
                            state
                                .ActiveUnlocks.Select(h => h.UserId + rules.Single(r => r.Id == h.RuleId).Name)
                                .Concat(state.Spend.Where(s => s.Value != default).Select(s => s.ToString()))
                                .Order(StringComparer.Ordinal)
                        );
                    }
                    return ResultOf(size) == ResultOf(1);
                }
            );
    }
}
