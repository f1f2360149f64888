using CsCheck;
using Ingestion.Ledger;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Ledger;

/// <summary>How an order's amounts are divided among its payments.</summary>
public sealed class OrderSharesTests
{
    [Theory]
    [InlineData(100, new long[] { 1_000, 1_000, 1_000 }, new long[] { 34, 33, 33 })]
    [InlineData(100, new long[] { 2_000, 1_000 }, new long[] { 67, 33 })]
    [InlineData(100, new long[] { 1_000, 2_000 }, new long[] { 33, 67 })]
    [InlineData(7, new long[] { 0, 0 }, new long[] { 7, 0 })]
    [InlineData(7, new long[] { 0, 5 }, new long[] { 0, 7 })]
    [InlineData(-100, new long[] { 1, 1, 1 }, new long[] { -34, -33, -33 })]
    [InlineData(0, new long[] { 5, 5 }, new long[] { 0, 0 })]
    [InlineData(5, new long[0], new long[0])]
    [InlineData(long.MaxValue, new[] { long.MaxValue, long.MaxValue }, new[] { (long.MaxValue / 2) + 1, long.MaxValue / 2 })]
    public void Amounts_are_shared_in_proportion_to_what_each_payment_paid(long amount, long[] weights, long[] shares) =>
        OrderShares.Of(amount, weights).ShouldBe(shares);

    [Fact]
    public void Shares_add_up_to_the_amount_and_each_is_within_one_minor_unit_of_its_proportion() =>
        Gen.Select(Gen.Long[-1_000_000, 1_000_000], Gen.Long[0, 5_000].Array[1, 9])
            .Sample(
                (amount, weights) =>
                {
                    var shares = OrderShares.Of(amount, weights);

                    shares.Sum().ShouldBe(amount);
                    if (weights.Sum() is var totalWeight and > 0)
                        shares.Zip(weights).ShouldAllBe(s => Math.Abs(s.First - (decimal)amount * s.Second / totalWeight) < 1);
                }
            );
}
