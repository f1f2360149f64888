using System.Net;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Orders;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Simulators;

public sealed class SquareOrdersTests
{
    [Fact]
    public async Task An_order_with_several_payments_totals_all_that_are_not_cancelled()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var ledger = square.Simulator.Ledger;
        var first = ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
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
                LocationId = square.LocationId,
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
                LocationId = square.LocationId,
                OrderId = "round",
                Amount = 999,
            }
        );
        ledger.FindOrder("round")!.State.ShouldBe(OrderState.Open);
        ledger.Cancel(third.Id);
        ledger.Capture(second.Id);

        var order = (await square.GetAsync("/v2/orders/round")).At("order");
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
    public async Task A_later_discount_makes_a_new_order_version_and_an_event()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var payment = square.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
                Amount = 1070,
                Captured = true,
            }
        );
        square.Simulator.Ledger.EditOrder(payment.OrderId, new OrderEdit(Discount: 200));

        var order = (await square.GetAsync($"/v2/orders/{payment.OrderId}")).At("order");
        (
            order.At("version").GetInt32(),
            order.At("total_discount_money.amount").GetInt64(),
            order.At("total_tax_money.amount").GetInt64(),
            order.At("total_money.amount").GetInt64()
        ).ShouldBe((2, 200, 70, 1070));
        square.Simulator.Ledger.Events(payment.Id).Select(e => e.Type).ShouldBe(["payment.created", "order.created", "order.updated"]);
    }

    [Fact]
    public async Task A_batch_omits_orders_that_are_unknown_hidden_or_of_another_seller()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var ledger = square.Simulator.Ledger;
        var other = square.Simulator.Sellers.AddSeller();
        ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
                OrderId = "mine",
                Amount = 100,
            }
        );
        ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
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

        var request = new { order_ids = new[] { "mine", "late", "theirs", "none" } };
        (await IdsAsync()).ShouldBe(["mine"]);
        (await square.GetErrorAsync(HttpMethod.Get, "/v2/orders/late")).ShouldBe((HttpStatusCode.NotFound, "NOT_FOUND"));
        ledger.ShowOrder("late");
        (await IdsAsync()).ShouldBe(["mine", "late"]);

        async Task<string?[]> IdsAsync() =>
            [
                .. (await square.PostAsync("/v2/orders/batch-retrieve", request))
                    .At("orders")
                    .EnumerateArray()
                    .Select(o => o.At("id").GetString()),
            ];
    }

    [Fact]
    public async Task A_batch_takes_at_most_100_ids_and_requires_the_scope()
    {
        await using var square = await SimulatedSquare.StartAsync();
        (
            await square.GetErrorAsync(HttpMethod.Post, "/v2/orders/batch-retrieve", new { order_ids = Enumerable.Repeat("x", 101) })
        ).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await square.GetErrorAsync(HttpMethod.Post, "/v2/orders/batch-retrieve", new { })).Code.ShouldBe("MISSING_REQUIRED_PARAMETER");
        var tokenWithoutScope = square
            .Simulator.Sellers.AddSeller(
                new SellerDraft
                {
                    LocationId = square.LocationId,
                    OAuth = true,
                    Scopes = ["PAYMENTS_READ"],
                }
            )
            .Token.Value;
        (
            await square.GetErrorAsync(HttpMethod.Post, "/v2/orders/batch-retrieve", new { order_ids = new[] { "x" } }, tokenWithoutScope)
        ).ShouldBe((HttpStatusCode.Forbidden, "INSUFFICIENT_SCOPES"));
    }
}
