using System.Net;
using PosModular.IntegrationTests.House;
using PosModular.Simulator.Orders;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Simulators;

public sealed class SquareOrdersTests
{
    [Fact]
    public async Task An_order_paid_by_several_is_the_sum_of_its_payments_without_the_cancelled()
    {
        await using var shop = await Shop.OpenAsync();
        var ledger = shop.Simulator.Ledger;
        var first = ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                OrderId = "round",
                Amount = 1070,
                Tip = 100,
                Tax = 70,
                Cash = true,
            }
        );
        var second = ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                OrderId = "round",
                Amount = 500,
                Tax = 30,
                Discount = 50,
                ServiceCharge = 20,
            }
        );
        var third = ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                OrderId = "round",
                Amount = 999,
            }
        );
        ledger.FindOrder("round")!.State.ShouldBe(OrderState.Open);
        ledger.Cancel(third.Id);
        ledger.Capture(second.Id);

        var order = (await shop.GetAsync("/v2/orders/round")).At("order");
        order.At("state").GetString().ShouldBe("COMPLETED");
        order.At("version").GetInt32().ShouldBe(5);
        string[] figures =
        [
            "total_money",
            "total_tax_money",
            "total_discount_money",
            "total_tip_money",
            "total_service_charge_money",
            "net_amounts.tax_money",
            "line_items.0.gross_sales_money",
        ];
        figures.Select(name => order.At(name + ".amount").GetInt64()).ShouldBe([1670, 100, 50, 100, 20, 100, 1500]);
        order.At("tenders").EnumerateArray().Select(t => t.At("payment_id").GetString()).ShouldBe([first.Id, second.Id]);
    }

    [Fact]
    public async Task A_later_discount_is_a_new_version_and_is_told()
    {
        await using var shop = await Shop.OpenAsync();
        var payment = shop.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                Amount = 1070,
                Captured = true,
            }
        );
        shop.Simulator.Ledger.EditOrder(payment.OrderId, new OrderEdit(Discount: 200));

        var order = (await shop.GetAsync($"/v2/orders/{payment.OrderId}")).At("order");
        (
            order.At("version").GetInt32(),
            order.At("total_discount_money.amount").GetInt64(),
            order.At("total_tax_money.amount").GetInt64(),
            order.At("total_money.amount").GetInt64()
        ).ShouldBe((2, 200, 70, 1070));
        shop.Simulator.Ledger.Events(payment.Id).Select(e => e.Type).ShouldBe(["payment.created", "order.created", "order.updated"]);
    }

    [Fact]
    public async Task A_batch_leaves_out_what_is_unknown_hidden_or_of_another_seller()
    {
        await using var shop = await Shop.OpenAsync();
        var ledger = shop.Simulator.Ledger;
        var other = shop.Simulator.Sellers.AddTill();
        ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                OrderId = "mine",
                Amount = 100,
            }
        );
        ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                OrderId = "late",
                Amount = 100,
            }
        );
        ledger.AddSale(
            new Sale
            {
                LocationId = other.Location.Id,
                OrderId = "theirs",
                Amount = 100,
            }
        );
        ledger.HideOrder("late");

        var asked = new { order_ids = new[] { "mine", "late", "theirs", "none" } };
        (await IdsAsync()).ShouldBe(["mine"]);
        (await shop.ErrorAsync(HttpMethod.Get, "/v2/orders/late")).ShouldBe((HttpStatusCode.NotFound, "NOT_FOUND"));
        ledger.ShowOrder("late");
        (await IdsAsync()).ShouldBe(["mine", "late"]);

        async Task<string?[]> IdsAsync() =>
            [
                .. (await shop.PostAsync("/v2/orders/batch-retrieve", asked))
                    .At("orders")
                    .EnumerateArray()
                    .Select(o => o.At("id").GetString()),
            ];
    }

    [Fact]
    public async Task A_batch_takes_a_hundred_ids_and_needs_the_scope()
    {
        await using var shop = await Shop.OpenAsync();
        (
            await shop.ErrorAsync(HttpMethod.Post, "/v2/orders/batch-retrieve", new { order_ids = Enumerable.Repeat("x", 101) })
        ).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await shop.ErrorAsync(HttpMethod.Post, "/v2/orders/batch-retrieve", new { })).Code.ShouldBe("MISSING_REQUIRED_PARAMETER");
        var blind = shop
            .Simulator.Sellers.AddTill(
                new TillOrder
                {
                    LocationId = shop.LocationId,
                    OAuth = true,
                    Scopes = ["PAYMENTS_READ"],
                }
            )
            .Token.Value;
        (await shop.ErrorAsync(HttpMethod.Post, "/v2/orders/batch-retrieve", new { order_ids = new[] { "x" } }, blind)).ShouldBe(
            (HttpStatusCode.Forbidden, "INSUFFICIENT_SCOPES")
        );
    }
}
