using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;
using Rules.Rebuilds;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Rules;

/// <summary>Stored spend is compared with the transactions at the position that the rules have reached.</summary>
public sealed class SpendComparisonTests
{
    private static readonly Instant Noon = Instant.FromUtc(2026, 11, 20, 12, 0);

    private static SpendTotal Total(string user, long authorized, long captured, string currency = "EUR") =>
        new(user, currency, authorized, captured, Noon, Noon);

    private static TransactionState Paid(string? user, long total, TransactionStatus status = TransactionStatus.Completed) =>
        new(Provider.Square, status, "EUR", total, 0, 0, PaymentMethod.Card, user, Noon);

    private static TransactionChange Change(TransactionState? before, TransactionState after) =>
        new("v", 7, Guid.Empty, Noon, before, after);

    private static string Compare(
        SpendTotal[] totals,
        TransactionsChanged notHandled,
        params (string User, long Authorized, long Captured)[] stored
    ) =>
        string.Join(
            ' ',
            SpendComparison
                .Compare("v", totals, notHandled, stored.ToDictionary(s => (s.User, "EUR"), s => (s.Authorized, s.Captured)))
                .Select(d => $"{d.UserId}:{d.Currency}:{d.ToCorrection("v").AuthorizedMinor}:{d.ToCorrection("v").CapturedMinor}")
        );

    [Fact]
    public void What_is_missing_too_much_or_of_another_way_of_counting_is_found() =>
        Compare(
                [Total("anna", 100, 80), Total("ben", 50, 50), Total("cat", 70, 70), Total("cat", 5, 5, "USD")],
                new TransactionsChanged([]),
                ("anna", 100, 60),
                ("cat", 70, 70),
                ("dan", 30, 30),
                ("eve", 0, 0)
            )
            .ShouldBe("anna:EUR:0:20 ben:EUR:50:50 cat:USD:5:5 dan:EUR:-30:-30");

    [Fact]
    public void Changes_that_the_rules_have_not_handled_count_as_not_there()
    {
        // The totals contain a new payment, a capture and a payment that was assigned to somebody else.
        TransactionChange[] changes =
        [
            Change(null, Paid("anna", 40)),
            Change(Paid("ben", 25, TransactionStatus.Authorized), Paid("ben", 25)),
            Change(Paid("ben", 10), Paid("cat", 10)),
        ];

        Compare(
                [Total("anna", 140, 140), Total("ben", 25, 25), Total("cat", 10, 10)],
                new TransactionsChanged(changes),
                ("anna", 100, 100),
                ("ben", 35, 10)
            )
            .ShouldBe("");
    }

    [Fact]
    public void A_guest_who_is_still_to_be_forgotten_is_not_compared()
    {
        var erasure = new MemberChange("v", 8, MemberIds.Of("v", "anna"), IntoUserId: null);
        var merge = new MemberChange("v", 9, MemberIds.Of("v", "ben"), IntoUserId: "cat");

        Compare([], new TransactionsChanged([]) { MemberChanges = [erasure, merge] }, ("anna", 100, 100), ("ben", 5, 5))
            .ShouldBe("ben:EUR:-5:-5");
    }
}
