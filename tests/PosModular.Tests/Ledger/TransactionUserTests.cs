using Integrations.Contracts.Connections;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>Whose sale it is depends on its newest state, not on what came when.</summary>
public sealed class TransactionUserTests
{
    [Fact]
    public void The_user_does_not_depend_on_the_order_and_batching_of_the_states()
    {
        var first = TestLedger.Observe("v1", LedgerSample.PaymentAt(0, PaymentState.Authorized));
        var second = TestLedger.Observe("v1", LedgerSample.PaymentAt(1) with { Card = null });
        var (one, two, late) = (
            new TestLedger { UserOfCard = (_, _) => "anna" },
            new TestLedger { UserOfCard = (_, _) => "anna" },
            new TestLedger { UserOfCard = (_, _) => "anna" }
        );
        one.Write(first, second);
        two.Write(first);
        two.Write(second);
        late.Write(second);
        late.Write(first);
        one.Transactions.Values.Single().UserId.ShouldBe(two.Transactions.Values.Single().UserId);
        late.Transactions.Values.Single().UserId.ShouldBe(two.Transactions.Values.Single().UserId);
    }
}
