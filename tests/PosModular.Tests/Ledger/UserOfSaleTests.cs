using Integrations.Contracts.Connections;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>Whose sale it is depends on its newest state, not on what came when.</summary>
public sealed class UserOfSaleTests
{
    [Fact]
    public void The_user_is_the_same_in_one_batch_and_in_two()
    {
        var first = Book.Seen("v1", Payments.At(0, PaymentState.Authorized));
        var second = Book.Seen("v1", Payments.At(1) with { Card = null });
        var (one, two, late) = (
            new Book { UserOfCard = (_, _) => "anna" },
            new Book { UserOfCard = (_, _) => "anna" },
            new Book { UserOfCard = (_, _) => "anna" }
        );
        one.Write(first, second);
        two.Write(first);
        two.Write(second);
        late.Write(second);
        late.Write(first);
        one.Sales.Values.Single().UserId.ShouldBe(two.Sales.Values.Single().UserId);
        late.Sales.Values.Single().UserId.ShouldBe(two.Sales.Values.Single().UserId);
    }
}
