using System.Net;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Simulators;

public sealed class ToastOrdersTests
{
    [Fact]
    public async Task An_order_that_changes_during_paging_shifts_another_order_out_of_the_pages()
    {
        await using var toast = await SimulatedToast.StartAsync();
        var from = toast.Clock.GetUtcNow();
        var orders = Enumerable
            .Range(0, 5)
            .Select(i =>
                toast.Ledger.AddSale(
                    new ToastSale
                    {
                        RestaurantGuid = toast.Guid,
                        Price = 100,
                        At = from.AddMinutes(i),
                    }
                )
            )
            .ToArray();
        var window = SimulatedToast.Window(from, from.AddHours(1)) + "&pageSize=2&page=";

        (await GuidsAsync(1)).ShouldBe([orders[0].Guid, orders[1].Guid]);
        toast.Ledger.Capture(orders[0].Checks[0].Payments[0].Guid, at: from.AddMinutes(30));
        (await GuidsAsync(2)).ShouldBe([orders[3].Guid, orders[4].Guid]); // the third order was on no page
        (await GuidsAsync(3)).ShouldBe([orders[0].Guid]);

        async Task<Guid[]> GuidsAsync(int page) =>
            [.. (await toast.GetAsync(window + page)).EnumerateArray().Select(o => o.At("guid").GetGuid())];
    }

    [Fact]
    public async Task The_window_includes_its_start_and_excludes_its_end_and_every_page_links_to_its_neighbours()
    {
        await using var toast = await SimulatedToast.StartAsync();
        var from = toast.Clock.GetUtcNow();
        foreach (var minute in Enumerable.Range(0, 4))
            toast.Ledger.AddSale(
                new ToastSale
                {
                    RestaurantGuid = toast.Guid,
                    Price = 100 + minute,
                    At = from.AddMinutes(minute),
                }
            );

        var (_, page, link) = await toast.CallAsync(SimulatedToast.Window(from, from.AddMinutes(3)) + "&pageSize=2");
        page.GetArrayLength().ShouldBe(2);
        Rels(link).ShouldBe(["first", "self", "next"]);
        var next = link.Split(", ").Single(l => l.EndsWith("rel=\"next\"", StringComparison.Ordinal)).Split('<', '>')[1];
        (_, page, link) = await toast.CallAsync(next);
        page.EnumerateArray().Select(o => o.At("checks.0.amount").GetDecimal()).ShouldBe([1.02m]);
        Rels(link).ShouldBe(["first", "self", "prev"]);

        static IEnumerable<string> Rels(string link) => link.Split(", ").Select(l => l.Split('"')[1]);
    }

    [Theory]
    [InlineData("startDate=2026-11-01T00:00:00.000%2B0000&endDate=2026-12-02T00:00:00.000%2B0000")]
    [InlineData("startDate=2026-11-01T00:00:00.000Z&endDate=2026-11-02T00:00:00.000Z")]
    [InlineData("startDate=2026-11-01T00:00:00.000+0000&endDate=2026-11-02T00:00:00.000+0000")]
    [InlineData("startDate=2026-11-01T00:00:00.000%2B00:00&endDate=2026-11-02T00:00:00.000%2B00:00")]
    [InlineData("startDate=2026-11-01T00:00:00.000%2B0000")]
    [InlineData("businessDate=2026-11-01")]
    [InlineData("businessDate=20261101&pageSize=101")]
    [InlineData("businessDate=20261101&page=0")]
    public async Task A_query_that_Toast_does_not_accept_is_400(string query)
    {
        await using var toast = await SimulatedToast.StartAsync();
        (await toast.CallAsync("/orders/v2/ordersBulk?" + query)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_long_history_is_read_page_by_page_without_gap_or_repetition()
    {
        await using var toast = await SimulatedToast.StartAsync();
        var from = toast.Clock.GetUtcNow().AddDays(-20);
        new ToastSalesHistory
        {
            RestaurantGuid = toast.Guid,
            Count = 1_050,
            From = from,
            To = from.AddDays(10),
        }.AddTo(toast.Ledger);
        var seen = new HashSet<Guid>();
        var path = SimulatedToast.Window(from, from.AddDays(10));
        while (true)
        {
            var (_, page, link) = await toast.CallAsync(path);
            page.EnumerateArray().ShouldAllBe(o => seen.Add(o.At("guid").GetGuid()));
            if (link.Split(", ").SingleOrDefault(l => l.EndsWith("rel=\"next\"", StringComparison.Ordinal)) is not { } next)
                break;
            path = next.Split('<', '>')[1];
        }

        seen.Count.ShouldBe(1_050);
    }

    [Fact]
    public async Task Payments_are_found_by_the_business_dates_of_sale_refund_and_void()
    {
        // 20:00 UTC is 15:00 in New York; the business date ends at 4:00.
        await using var toast = await SimulatedToast.StartAsync();
        var refunded = toast
            .Ledger.AddSale(
                new ToastSale
                {
                    RestaurantGuid = toast.Guid,
                    Price = 1000,
                    Tip = 100,
                    Captured = true,
                }
            )
            .Checks[0]
            .Payments[0]
            .Guid;
        var voided = toast
            .Ledger.AddSale(
                new ToastSale
                {
                    RestaurantGuid = toast.Guid,
                    Price = 500,
                    Type = ToastPaymentType.Cash,
                }
            )
            .Checks[0]
            .Payments[0]
            .Guid;
        toast.Clock.Advance(TimeSpan.FromHours(12)); // 3:00 in New York
        toast.Ledger.VoidPayment(voided);
        toast.Clock.Advance(TimeSpan.FromHours(2)); // 5:00 in New York
        toast.Ledger.RefundPayment(refunded);

        (await GuidsAsync("paidBusinessDate=20261124")).ShouldBe([refunded, voided], ignoreOrder: true);
        (await GuidsAsync("voidBusinessDate=20261124")).ShouldBe([voided]);
        (await GuidsAsync("refundBusinessDate=20261124")).ShouldBeEmpty();
        (await GuidsAsync("refundBusinessDate=20261125")).ShouldBe([refunded]);
        (await toast.GetAsync($"/orders/v2/payments/{refunded}")).At("refundStatus").GetString().ShouldBe("FULL");

        async Task<Guid[]> GuidsAsync(string query) =>
            [.. (await toast.GetAsync("/orders/v2/payments?" + query)).EnumerateArray().Select(g => g.GetGuid())];
    }

    [Fact]
    public async Task The_ledger_states_the_totals_of_payments_and_checks()
    {
        await using var toast = await SimulatedToast.StartAsync();
        var kept = toast.Ledger.AddSale(
            new ToastSale
            {
                RestaurantGuid = toast.Guid,
                Price = 2000,
                SelectionDiscount = 100,
                Discount = 200,
                Tax = 119,
                ServiceCharge = 50,
                Gratuity = 30,
                Tip = 300,
            }
        );
        var payment = kept.Checks[0].Payments[0].Guid;
        toast.Ledger.Capture(payment);
        toast.Ledger.SetTip(payment, 400);
        toast.Ledger.RefundPayment(payment, 500, 100);
        var gone = toast.Ledger.AddSale(new ToastSale { RestaurantGuid = toast.Guid, Price = 900 });
        toast.Ledger.DeleteOrder(gone.Guid);

        var lines = toast.Ledger.Payments(toast.Guid).ToDictionary(l => l.PaymentGuid);
        (lines[payment].State, lines[payment].Total, lines[payment].Tip, lines[payment].Refunded).ShouldBe(
            (ToastPaymentStatus.Captured, 2299, 400, 600)
        );
        lines[gone.Checks[0].Payments[0].Guid].State.ShouldBe(ToastPaymentStatus.Voided);
        var check = toast.Ledger.Checks(toast.Guid).Single(c => c.OrderGuid == kept.Guid);
        (check.Amount, check.Tax, check.Discount, check.ServiceCharge, check.Gratuity, check.Total, check.IsActive).ShouldBe(
            (1750, 119, 300, 50, 30, 1899, true)
        );
    }

    [Theory]
    [InlineData("USD", "10.5")]
    [InlineData("JPY", "1050")]
    [InlineData("KWD", "1.05")]
    public async Task Amounts_have_the_decimals_of_their_currency(string currency, string printed)
    {
        await using var toast = await SimulatedToast.StartAsync(new RestaurantDraft { CurrencyCode = currency });
        var order = toast.Ledger.AddSale(
            new ToastSale
            {
                RestaurantGuid = toast.Guid,
                Price = 1050,
                Tax = 0,
            }
        );
        (await toast.GetAsync($"/orders/v2/orders/{order.Guid}")).At("checks.0.amount").GetRawText().ShouldBe(printed);
    }
}
