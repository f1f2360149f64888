using System.Text.Json.Nodes;
using CsCheck;
using Integrations.Contracts.Connections;
using Integrations.Toast;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Toast;

/// <summary>The tax, discounts and service charges of a check, and how they are divided among its payments.</summary>
public sealed class ToastBreakdownTests
{
    private static Dictionary<string, PosBreakdown?> BreakdownsOf(Action<JsonNode> change, string currency = "USD") =>
        ToastSample.Payments(ToastSample.Order(o => change(o.Check())), currency).ToDictionary(p => p.ExternalId, p => p.Breakdown);

    private static PosBreakdown SingleBreakdown(Action<JsonNode> change, string currency = "USD") =>
        BreakdownsOf(change, currency).Values.ShouldHaveSingleItem().ShouldNotBeNull();

    private static JsonObject Discount(decimal amount, string? state = null) =>
        new() { ["discountAmount"] = amount, ["processingState"] = state };

    [Fact]
    public void Discounts_of_check_selections_and_modifiers_are_added_up_except_voided_ones() =>
        SingleBreakdown(check =>
            {
                check["appliedDiscounts"] = new JsonArray(Discount(1.10m), Discount(50, "VOID"));
                var selection = check["selections"]![0]!;
                selection["appliedDiscounts"] = new JsonArray(Discount(0.25m, "APPLIED"));
                selection["modifiers"] = new JsonArray(
                    new JsonObject
                    {
                        ["appliedDiscounts"] = new JsonArray(Discount(0.05m)),
                        ["modifiers"] = new JsonArray(new JsonObject { ["appliedDiscounts"] = new JsonArray(Discount(0.01m)) }),
                    }
                );
                var voided = selection.DeepClone();
                voided["voided"] = true;
                check["selections"]!.AsArray().Add(voided);
            })
            .ShouldBe(new PosBreakdown(6, 141, 0));

    [Fact]
    public void A_charged_gratuity_is_a_service_charge_and_not_a_tip()
    {
        var payment = ToastSample
            .Payments(
                ToastSample.Order(o =>
                {
                    o.Check()["appliedServiceCharges"] = new JsonArray(
                        new JsonObject { ["chargeAmount"] = 2, ["gratuity"] = false },
                        new JsonObject { ["chargeAmount"] = 3.5m, ["gratuity"] = true }
                    );
                    (o.Payment()["amount"], o.Payment()["tipAmount"]) = (26.56m, 1);
                })
            )
            .Single();

        payment.Breakdown.ShouldBe(new PosBreakdown(6, 0, 550));
        payment.TipMinor.ShouldBe(100);
        // 27.56 paid, of which 0.06 is tax, 1.00 tip and 5.50 service charge, leave 21.00.
        (
            payment.TotalMinor
            - payment.Breakdown!.TaxMinor
            - payment.TipMinor
            - payment.Breakdown.ServiceChargeMinor
            + payment.Breakdown.DiscountMinor
        ).ShouldBe(2100);
    }

    [Fact]
    public void Payments_share_in_proportion_and_the_shares_add_up()
    {
        var shares = BreakdownsOf(check =>
        {
            check.SetPayments(("c", 10), ("a", 10), ("b", 10));
            (check["taxAmount"], check["appliedDiscounts"]) = (1.00m, new JsonArray(Discount(0.02m)));
        });

        // The remaining cent goes to the first guid in order, not to the first payment in the list.
        shares["a"].ShouldBe(new PosBreakdown(34, 1, 0));
        shares["b"].ShouldBe(new PosBreakdown(33, 1, 0));
        shares["c"].ShouldBe(new PosBreakdown(33, 0, 0));
    }

    [Fact]
    public void Voided_and_failed_payments_have_no_share()
    {
        var shares = ToastSample
            .Payments(
                ToastSample.Order(o =>
                {
                    o.Check().SetPayments(("good", 10), ("denied", 10), ("voided", 10), ("off", 10));
                    o.Check()["taxAmount"] = 1;
                    (o.Payment(1)["paymentStatus"], o.Payment(2)["paymentStatus"]) = ("DENIED", "VOIDED");
                    o.Payment(3)["voidInfo"] = new JsonObject { ["voidDate"] = "2019-02-24T13:49:38.617+0000" };
                })
            )
            .ToDictionary(p => p.ExternalId, p => p.Breakdown!.TaxMinor);

        shares.ShouldBe(
            new Dictionary<string, long>
            {
                ["good"] = 100,
                ["denied"] = 0,
                ["voided"] = 0,
                ["off"] = 0,
            }
        );
    }

    [Fact]
    public void The_unpaid_part_of_an_open_check_keeps_its_share()
    {
        SingleBreakdown(check =>
            (check["paymentStatus"], check["totalAmount"], check["taxAmount"], check["payments"]![0]!["amount"]) = ("OPEN", 20, 2, 5)
        )
            .TaxMinor.ShouldBe(50);
        SingleBreakdown(check =>
            (check["paymentStatus"], check["totalAmount"], check["taxAmount"], check["payments"]![0]!["amount"]) = ("PAID", 20, 2, 5)
        )
            .TaxMinor.ShouldBe(200);
    }

    [Theory]
    [InlineData("JPY", 100, 100)]
    [InlineData("KWD", 100, 100_000)]
    [InlineData("USD", 0.015, 2)]
    public void Amounts_are_minor_units_of_the_restaurants_currency(string currency, decimal tax, long amountMinor) =>
        SingleBreakdown(check => check["taxAmount"] = tax, currency).TaxMinor.ShouldBe(amountMinor);

    [Theory]
    [InlineData("taxAmount", "\"1\"")]
    [InlineData("taxAmount", "1e30")]
    [InlineData("appliedDiscounts", "{}")]
    [InlineData("appliedDiscounts", "[1]")]
    [InlineData("appliedDiscounts", "[{\"discountAmount\":\"x\"}]")]
    [InlineData("appliedServiceCharges", "[{\"chargeAmount\":true}]")]
    [InlineData("selections", "[{\"voided\":\"maybe\"}]")]
    [InlineData("selections", "[{\"modifiers\":3}]")]
    [InlineData("selections", "[{\"appliedDiscounts\":[{\"discountAmount\":1,\"processingState\":\"\\ud800\"}]}]")]
    public void An_unreadable_breakdown_is_reported_and_the_payment_is_kept_without_it(string field, string value)
    {
        var text = ToastSample
            .Order()
            .ToJsonString()
            .Replace($"\"{field}\":", $"\"{field}\":{value},\"was_{field}\":", StringComparison.Ordinal);
        var read = ToastTranslator.Translate(
            System.Text.Encoding.UTF8.GetBytes(
                $$$"""{"guid":"e","eventType":"order_updated","details":{"restaurantGuid":"r","order":{{{text}}}}}"""
            ),
            "USD"
        );

        read.UnreadableReason.ShouldBeNull();
        var payment = read.Observations.ShouldNotBeNull().Payments.ShouldHaveSingleItem();
        (payment.TotalMinor, payment.Breakdown).ShouldBe((106, null));
        read.SkippedItems.ShouldHaveSingleItem().ShouldContain("9f42438a-a375-4983-9f80-c0dae5c33196");
    }

    [Fact]
    public void Shares_add_up_to_the_total_and_each_is_within_one_minor_unit_of_its_proportion() =>
        Gen.Select(Gen.Long[-1_000_000_000_000_000_000, 1_000_000_000_000_000_000], Gen.Long[0, 1_000_000_000_000_000_000].Array[1, 8])
            .Sample(
                (total, weights) =>
                {
                    var shares = ToastAmount.Allocate(total, weights);
                    shares.Aggregate((Int128)0, (sum, share) => sum + share).ShouldBe(total);
                    var totalWeight = weights.Aggregate((Int128)0, (sum, weight) => sum + weight);
                    for (var i = 0; i < weights.Length && totalWeight > 0; i++)
                        Int128.Abs(shares[i] - (Int128)total * weights[i] / totalWeight).ShouldBeLessThanOrEqualTo(1);
                }
            );

    [Fact]
    public void If_all_weights_are_zero_the_first_share_is_the_total() => ToastAmount.Allocate(7, [0, 0]).ShouldBe([7, 0]);
}
