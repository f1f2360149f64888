using CsCheck;
using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using NodaTime;
using Rules.Explanations;
using Rules.SpendRules;
using Rules.Unlocks;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Rules;

/// <summary>The next tier of a member, and that an explanation agrees with the evaluation that unlocks.</summary>
public sealed class ExplanationTests
{
    private sealed record TestVenue : IVenue
    {
        public string Id => "v";
        public string Name => "v";
        public string TimeZone => "Europe/Berlin";
        public string Currency => "EUR";
        public LocalTime DayCutoff => LocalTime.Midnight;
        public CountFrom RulesCountFrom => CountFrom.Authorized;
        public UnlockPolicy UnlockPolicy => UnlockPolicy.Keep;
        public IReadOnlyList<string> OwnerUserIds => [];
    }

    private static SpendRule Rule(string name, long threshold, Tier tier, string currency = "EUR") =>
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

    private static EvaluationState State(params SpendRule[] rules) => new(new TestVenue(), [.. rules], [], [], []);

    private static string Describe(EvaluationState state) =>
        MemberNextTier.Find(state, "anna") is { } next ? $"{next.Tier} {next.Rule.Name} {next.Missing.AmountMinor}" : "none";

    [Fact]
    public void The_next_tier_is_the_lowest_one_above_by_the_rule_that_asks_for_least()
    {
        var regular = Rule("regular", 100, Tier.Regular);
        var state = State(
            Rule("whale", 60, Tier.Whale),
            Rule("dollars", 10, Tier.Platinum, "USD"),
            Rule("far", 900, Tier.Platinum),
            Rule("near", 500, Tier.Platinum),
            regular
        );
        state.Spend[("anna", "EUR")] = (80, 80);
        Describe(state).ShouldBe("Regular regular 20");

        state.ActiveUnlocks.Add(new ActiveUnlock(Guid.NewGuid(), "anna", regular.Id, Tier.Regular, [], regular.Threshold));
        Describe(state).ShouldBe("Platinum near 420");
        state.ActiveUnlocks.Add(new ActiveUnlock(Guid.NewGuid(), "anna", null, Tier.Platinum, [], null));
        Describe(state).ShouldBe("Whale whale 0");
        state.ActiveUnlocks.Add(new ActiveUnlock(Guid.NewGuid(), "anna", null, Tier.Whale, [], null));
        Describe(state).ShouldBe("none");
    }

    [Fact]
    public void A_rule_whose_unlock_is_in_force_with_a_lower_tier_leads_nowhere()
    {
        var raised = Rule("raised", 10, Tier.Whale);
        var state = State(raised);
        state.ActiveUnlocks.Add(new ActiveUnlock(Guid.NewGuid(), "anna", raised.Id, Tier.Regular, [], raised.Threshold));
        Describe(state).ShouldBe("none");
    }

    /// <summary>For any spend, rule and transaction: the change unlocks exactly the rules whose findings are met.</summary>
    [Fact]
    public void The_findings_of_a_transaction_are_met_exactly_for_the_rules_that_it_unlocks()
    {
        Gen.Select(Gen.Long[1, 100], Gen.Long[1, 60].Array[1, 6], Gen.Bool, Gen.Bool.Select(b => b ? "EUR" : "USD"))
            .Sample(
                (threshold, totals, rulesOff, currency) =>
                {
                    var state = State(Rule("a", threshold, Tier.Regular), Rule("b", 50, Tier.Platinum, "USD"));
                    var changes = totals
                        .Select(
                            (total, i) =>
                                new TransactionChange(
                                    "v",
                                    i + 1,
                                    Guid.NewGuid(),
                                    Instant.MinValue,
                                    null,
                                    new TransactionState(
                                        Integrations.Contracts.Connections.Provider.Square,
                                        TransactionStatus.Completed,
                                        currency,
                                        total,
                                        0,
                                        0,
                                        Integrations.Contracts.Connections.PaymentMethod.Card,
                                        "anna",
                                        Instant.FromUtc(2026, 11, 20, 12, 0)
                                    )
                                )
                                {
                                    RulesOff = rulesOff,
                                }
                        )
                        .ToArray();
                    var result = RuleEvaluation.Evaluate(state, changes, Guid.NewGuid);
                    result
                        .Evaluations.SelectMany(e => e.Findings.Where(f => f.IsMet).Select(f => (e.TransactionId, f.Rule.Id)))
                        .ShouldBe(result.NewUnlocks.Select(u => (u.TransactionId!.Value, u.Rule!.Id)), ignoreOrder: true);
                    result.Evaluations.Count.ShouldBe(totals.Length);
                }
            );
    }
}
