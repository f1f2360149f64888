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

/// <summary>Which rules fire at which change, and what a refund takes back.</summary>
public sealed class EvaluationTests
{
    private static readonly Instant Noon = Instant.FromUtc(2026, 11, 20, 12, 0);

    private sealed record Venue(UnlockPolicy UnlockPolicy = UnlockPolicy.Keep, CountFrom RulesCountFrom = CountFrom.Authorized) : IVenue
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
            Currency = currency,
            ThresholdMinor = threshold,
            UnlocksTier = tier,
            GrantsAccess = [],
        };

    private static EvaluationState Stand(Venue venue, params SpendRule[] rules) =>
        new(venue, rules, [], [], [], rules.ToDictionary(r => r.Id));

    private static TransactionState Sale(
        string? user,
        long total,
        long refunded = 0,
        string currency = "EUR",
        TransactionStatus status = TransactionStatus.Completed
    ) => new(Provider.Square, status, currency, total, 0, refunded, PaymentMethod.Card, user, Noon);

    private static TransactionChange Change(TransactionState? before, TransactionState after) =>
        new("v", 1, Guid.Empty, Noon, before, after);

    private static string Told(EvaluationState standing, params TransactionChange[] changes)
    {
        var verdict = RuleEvaluation.Evaluate(standing, changes, Guid.NewGuid);
        return string.Join(
            ' ',
            verdict
                .NewUnlocks.Select(f => $"+{f.Rule.Name}:{f.UserId}:{f.SpendMinor}")
                .Concat(verdict.RevokedUnlocks.Select(t => $"-{standing.AllRules[t.Unlock.RuleId!.Value].Name}:{t.Unlock.UserId}"))
        );
    }

    [Fact]
    public void Every_rule_that_holds_fires_in_its_turn_and_only_once()
    {
        var standing = Stand(new(), Rule("first", 100), Rule("second", 50), Rule("never", 1_000));

        Told(standing, Change(null, Sale("anna", 60)), Change(null, Sale("anna", 60)), Change(null, Sale("anna", 60)))
            .ShouldBe("+second:anna:60 +first:anna:120");
    }

    [Fact]
    public void A_threshold_is_reached_at_it_and_not_one_below()
    {
        Told(Stand(new(), Rule("r", 100)), Change(null, Sale("anna", 99))).ShouldBe("");
        Told(Stand(new(), Rule("r", 100)), Change(null, Sale("anna", 100))).ShouldBe("+r:anna:100");
    }

    [Fact]
    public void A_refund_never_unlocks()
    {
        // The rule is new: the spend is above its threshold before and after.
        var standing = Stand(new(), Rule("r", 100));
        standing.Spend[("anna", "EUR")] = (500, 500);

        Told(standing, Change(Sale("anna", 300), Sale("anna", 300, refunded: 100, status: TransactionStatus.PartiallyRefunded)))
            .ShouldBe("");
    }

    [Theory]
    [InlineData(CountFrom.Authorized, "+r:anna:100")]
    [InlineData(CountFrom.Captured, "")]
    public void An_authorisation_unlocks_where_it_counts(CountFrom countFrom, string told) =>
        Told(Stand(new(RulesCountFrom: countFrom), Rule("r", 100)), Change(null, Sale("anna", 100, status: TransactionStatus.Authorized)))
            .ShouldBe(told);

    [Fact]
    public void A_capture_unlocks_where_only_captures_count()
    {
        var standing = Stand(new(RulesCountFrom: CountFrom.Captured), Rule("r", 100));
        var sale = Sale("anna", 100, status: TransactionStatus.Authorized);

        Told(standing, Change(null, sale), Change(sale, sale with { Status = TransactionStatus.Completed })).ShouldBe("+r:anna:100");
    }

    [Fact]
    public void A_sale_that_changes_hands_unlocks_for_the_one_and_is_taken_back_from_the_other()
    {
        var standing = Stand(new(UnlockPolicy.Revoke), Rule("r", 100));
        Told(standing, Change(null, Sale("anna", 100))).ShouldBe("+r:anna:100");

        Told(standing, Change(Sale("anna", 100), Sale("ben", 100))).ShouldBe("+r:ben:100 -r:anna");
    }

    [Fact]
    public void A_sale_that_changes_its_currency_raises_the_one_and_lowers_the_other()
    {
        var standing = Stand(new(UnlockPolicy.Revoke), Rule("euros", 100), Rule("dollars", 100, "USD"));
        Told(standing, Change(null, Sale("anna", 100))).ShouldBe("+euros:anna:100");

        Told(standing, Change(Sale("anna", 100), Sale("anna", 100, currency: "USD"))).ShouldBe("+dollars:anna:100 -euros:anna");
    }

    [Fact]
    public void A_refund_takes_back_nothing_that_was_earned_in_another_currency()
    {
        var dollars = Rule("dollars", 100, "USD");
        var standing = Stand(new(UnlockPolicy.Revoke), dollars);
        Told(standing, Change(null, Sale("anna", 100, currency: "USD"))).ShouldBe("+dollars:anna:100");
        dollars.ThresholdMinor = 200; // what it has unlocked stays

        Told(
                standing,
                Change(null, Sale("anna", 50)),
                Change(Sale("anna", 50), Sale("anna", 50, refunded: 50, status: TransactionStatus.Refunded))
            )
            .ShouldBe("");
        standing.ActiveUnlocks.Count.ShouldBe(1);
    }

    [Fact]
    public void What_is_kept_is_kept_and_a_grant_by_hand_is_never_taken_back()
    {
        var refund = Change(Sale("anna", 100), Sale("anna", 100, refunded: 100, status: TransactionStatus.Refunded));
        Told(Stand(new(), Rule("r", 100)), Change(null, Sale("anna", 100)), refund).ShouldBe("+r:anna:100");

        var revoking = Stand(new(UnlockPolicy.Revoke), Rule("r", 100));
        revoking.ActiveUnlocks.Add(new ActiveUnlock(Guid.NewGuid(), "anna", null, Tier.Whale, []));
        Told(revoking, Change(null, Sale("anna", 100)), refund).ShouldBe(""); // given and taken before anybody saw it
        revoking.ActiveUnlocks.ShouldHaveSingleItem().RuleId.ShouldBeNull();
    }

    [Fact]
    public void A_raise_that_comes_after_its_own_refund_unlocks_nothing()
    {
        var sale = Sale("anna", 100);
        var standing = Stand(new(UnlockPolicy.Revoke), Rule("r", 100));

        Told(standing, Change(sale, sale with { RefundedMinor = 100, Status = TransactionStatus.Refunded }), Change(null, sale))
            .ShouldBe("");
        standing.Spend[("anna", "EUR")].ShouldBe((0, 0));
    }

    /// <summary>However the feed is cut into batches: what is held and what was spent in the end is the same.</summary>
    [Fact]
    public void Batches_of_any_size_end_alike()
    {
        var sale = Gen.Select(Gen.Int[0, 2], Gen.Long[0, 60], Gen.Long[0, 60], Gen.Int[0, 1], Gen.Int[0, 4])
            .Select(
                (user, total, refunded, currency, status) =>
                    Sale(
                        user == 2 ? null : $"u{user}",
                        total,
                        Math.Min(total, refunded),
                        currency == 0 ? "EUR" : "USD",
                        (TransactionStatus)status
                    )
            );
        var rules = new[] { Rule("a", 30), Rule("b", 60), Rule("c", 40, "USD"), Rule("d", 100) };
        Gen.Select(Gen.Select(sale, sale).Array[0, 25], Gen.Int[1, 9], Gen.Enum<UnlockPolicy>(), Gen.Enum<CountFrom>())
            .Sample(
                (moves, size, policy, from) =>
                {
                    var changes = moves.Select((m, i) => Change(i % 3 == 0 ? null : m.Item1, m.Item2)).ToArray();
                    string End(int batch)
                    {
                        var standing = Stand(new(policy, from), rules);
                        foreach (var part in changes.Chunk(batch))
                            RuleEvaluation.Evaluate(standing, part, Guid.NewGuid);
                        return string.Join(
                            ' ',
                            standing
                                .ActiveUnlocks.Select(h => h.UserId + rules.Single(r => r.Id == h.RuleId).Name)
                                .Concat(standing.Spend.Where(s => s.Value != default).Select(s => s.ToString()))
                                .Order(StringComparer.Ordinal)
                        );
                    }
                    return End(size) == End(1);
                }
            );
    }
}
