using System.Net;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Refunds;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Simulators;

public sealed class SquareRefundsTests
{
    [Fact]
    public async Task A_pending_refund_counts_once_it_is_completed_and_a_rejected_one_never()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var ledger = square.Simulator.Ledger;
        var payment = ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
                Amount = 1000,
                Captured = true,
            }
        );
        var half = ledger.BeginRefund(payment.Id, 500);
        var rest = ledger.BeginRefund(payment.Id);
        rest.Amount.ShouldBe(500);
        Should.Throw<InvalidOperationException>(() => ledger.BeginRefund(payment.Id, 1));
        (await PaymentAsync()).TryGetProperty("refunded_money", out _).ShouldBeFalse();

        ledger.RejectRefund(half.Id);
        ledger.CompleteRefund(rest.Id);
        (await PaymentAsync()).At("refunded_money.amount").GetInt64().ShouldBe(500);
        (await square.GetAsync($"/v2/refunds/{half.Id}")).At("refund.status").GetString().ShouldBe("REJECTED");
        ledger.RefundPayment(payment.Id).Refunded.ShouldBe(1000);
        ledger
            .Events(payment.Id)
            .Where(e => e.Payment is not null || e.Refund is not null)
            .Select(e => e.Type)
            .ShouldBe([
                "payment.created",
                "refund.created",
                "refund.created",
                "refund.updated",
                "refund.updated",
                "payment.updated",
                "refund.created",
                "refund.updated",
                "payment.updated",
            ]);

        async Task<JsonElement> PaymentAsync() => (await square.GetAsync($"/v2/payments/{payment.Id}")).At("payment");
    }

    [Fact]
    public async Task An_unlinked_refund_has_no_payment()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var refund = square.Simulator.Ledger.BeginUnlinkedRefund(square.LocationId, 700);
        square.Simulator.Ledger.CompleteRefund(refund.Id).Status.ShouldBe(RefundStatus.Completed);
        var returned = (await square.GetAsync($"/v2/refunds/{refund.Id}")).At("refund");
        returned.At("unlinked").GetBoolean().ShouldBeTrue();
        returned.TryGetProperty("payment_id", out _).ShouldBeFalse();
        square.Simulator.Ledger.Events().Select(e => e.Type).ShouldBe(["refund.created", "refund.updated"]);
    }

    [Fact]
    public async Task Refunds_are_listed_by_location_status_and_time()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var ledger = square.Simulator.Ledger;
        var second = square.Simulator.Sellers.AddSeller(new SellerDraft { MerchantId = square.Seller.Merchant.Id });
        var early = ledger.BeginUnlinkedRefund(square.LocationId, 100);
        square.Clock.Advance(TimeSpan.FromHours(1));
        var elsewhere = ledger.BeginUnlinkedRefund(second.Location.Id, 200);
        square.Clock.Advance(TimeSpan.FromHours(1));
        ledger.CompleteRefund(early.Id);

        (await IdsAsync("")).ShouldBe([elsewhere.Id, early.Id]);
        (await IdsAsync("?sort_order=ASC")).ShouldBe([early.Id, elsewhere.Id]);
        (await IdsAsync("?sort_field=UPDATED_AT")).ShouldBe([early.Id, elsewhere.Id]);
        (await IdsAsync($"?location_id={second.Location.Id}")).ShouldBe([elsewhere.Id]);
        (await IdsAsync("?status=PENDING")).ShouldBe([elsewhere.Id]);
        (await IdsAsync("?updated_at_begin_time=2026-11-24T21:30:00Z")).ShouldBe([early.Id]);
        (await IdsAsync("?begin_time=2026-11-24T20:30:00Z")).ShouldBe([elsewhere.Id]);
        (await square.GetErrorAsync(HttpMethod.Get, "/v2/refunds?status=GONE")).ShouldBe((HttpStatusCode.BadRequest, "INVALID_ENUM_VALUE"));

        var page = await square.GetAsync("/v2/refunds?limit=1");
        (await IdsAsync($"?limit=1&cursor={page.At("cursor").GetString()}")).ShouldBe([early.Id]);

        async Task<string?[]> IdsAsync(string query) =>
            [.. (await square.GetAsync("/v2/refunds" + query)).At("refunds").EnumerateArray().Select(r => r.At("id").GetString())];
    }
}
