using System.Net;
using PosModular.IntegrationTests.House;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Simulators;

public sealed class ToastOrdersTests
{
    [Fact]
    public async Task An_order_changed_while_pages_are_read_lets_another_fall_between_them()
    {
        await using var tavern = await Tavern.OpenAsync();
        var from = tavern.Clock.GetUtcNow();
        var orders = Enumerable
            .Range(0, 5)
            .Select(i =>
                tavern.Ledger.RingUp(
                    new ToastSale
                    {
                        RestaurantGuid = tavern.Guid,
                        Price = 100,
                        At = from.AddMinutes(i),
                    }
                )
            )
            .ToArray();
        var window = Tavern.Window(from, from.AddHours(1)) + "&pageSize=2&page=";

        (await GuidsAsync(1)).ShouldBe([orders[0].Guid, orders[1].Guid]);
        tavern.Ledger.Capture(orders[0].Checks[0].Payments[0].Guid, at: from.AddMinutes(30));
        (await GuidsAsync(2)).ShouldBe([orders[3].Guid, orders[4].Guid]); // the third was never shown
        (await GuidsAsync(3)).ShouldBe([orders[0].Guid]);

        async Task<Guid[]> GuidsAsync(int page) =>
            [.. (await tavern.GetAsync(window + page)).EnumerateArray().Select(o => o.At("guid").GetGuid())];
    }

    [Fact]
    public async Task The_window_takes_its_start_and_not_its_end_and_every_page_links_on()
    {
        await using var tavern = await Tavern.OpenAsync();
        var from = tavern.Clock.GetUtcNow();
        foreach (var minute in Enumerable.Range(0, 4))
            tavern.Ledger.RingUp(
                new ToastSale
                {
                    RestaurantGuid = tavern.Guid,
                    Price = 100 + minute,
                    At = from.AddMinutes(minute),
                }
            );

        var (_, page, link) = await tavern.CallAsync(Tavern.Window(from, from.AddMinutes(3)) + "&pageSize=2");
        page.GetArrayLength().ShouldBe(2);
        Rels(link).ShouldBe(["first", "self", "next"]);
        var next = link.Split(", ").Single(l => l.EndsWith("rel=\"next\"", StringComparison.Ordinal)).Split('<', '>')[1];
        (_, page, link) = await tavern.CallAsync(next);
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
    public async Task What_toast_does_not_take_is_400(string query)
    {
        await using var tavern = await Tavern.OpenAsync();
        (await tavern.CallAsync("/orders/v2/ordersBulk?" + query)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_long_history_is_read_page_by_page_without_gap_or_repetition()
    {
        await using var tavern = await Tavern.OpenAsync();
        var from = tavern.Clock.GetUtcNow().AddDays(-20);
        new ToastHistory
        {
            RestaurantGuid = tavern.Guid,
            Count = 1_050,
            From = from,
            To = from.AddDays(10),
        }.RingUp(tavern.Ledger);
        var seen = new HashSet<Guid>();
        var path = Tavern.Window(from, from.AddDays(10));
        while (true)
        {
            var (_, page, link) = await tavern.CallAsync(path);
            page.EnumerateArray().ShouldAllBe(o => seen.Add(o.At("guid").GetGuid()));
            if (link.Split(", ").SingleOrDefault(l => l.EndsWith("rel=\"next\"", StringComparison.Ordinal)) is not { } next)
                break;
            path = next.Split('<', '>')[1];
        }

        seen.Count.ShouldBe(1_050);
    }

    [Fact]
    public async Task Payments_are_found_by_the_business_days_of_sale_refund_and_void()
    {
        // 20:00 UTC is 15:00 in New York; the day ends at 4:00.
        await using var tavern = await Tavern.OpenAsync();
        var refunded = tavern
            .Ledger.RingUp(
                new ToastSale
                {
                    RestaurantGuid = tavern.Guid,
                    Price = 1000,
                    Tip = 100,
                    Captured = true,
                }
            )
            .Checks[0]
            .Payments[0]
            .Guid;
        var voided = tavern
            .Ledger.RingUp(
                new ToastSale
                {
                    RestaurantGuid = tavern.Guid,
                    Price = 500,
                    Type = ToastPaymentType.Cash,
                }
            )
            .Checks[0]
            .Payments[0]
            .Guid;
        tavern.Clock.Pass(TimeSpan.FromHours(12)); // 3:00
        tavern.Ledger.VoidPayment(voided);
        tavern.Clock.Pass(TimeSpan.FromHours(2)); // 5:00
        tavern.Ledger.GiveBack(refunded);

        (await GuidsAsync("paidBusinessDate=20261124")).ShouldBe([refunded, voided], ignoreOrder: true);
        (await GuidsAsync("voidBusinessDate=20261124")).ShouldBe([voided]);
        (await GuidsAsync("refundBusinessDate=20261124")).ShouldBeEmpty();
        (await GuidsAsync("refundBusinessDate=20261125")).ShouldBe([refunded]);
        (await tavern.GetAsync($"/orders/v2/payments/{refunded}")).At("refundStatus").GetString().ShouldBe("FULL");

        async Task<Guid[]> GuidsAsync(string query) =>
            [.. (await tavern.GetAsync("/orders/v2/payments?" + query)).EnumerateArray().Select(g => g.GetGuid())];
    }

    [Fact]
    public async Task The_ledgers_lines_say_what_the_sales_came_to()
    {
        await using var tavern = await Tavern.OpenAsync();
        var kept = tavern.Ledger.RingUp(
            new ToastSale
            {
                RestaurantGuid = tavern.Guid,
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
        tavern.Ledger.Capture(payment);
        tavern.Ledger.LeaveTip(payment, 400);
        tavern.Ledger.GiveBack(payment, 500, 100);
        var gone = tavern.Ledger.RingUp(new ToastSale { RestaurantGuid = tavern.Guid, Price = 900 });
        tavern.Ledger.DeleteOrder(gone.Guid);

        var lines = tavern.Ledger.Payments(tavern.Guid).ToDictionary(l => l.PaymentGuid);
        (lines[payment].State, lines[payment].Total, lines[payment].Tip, lines[payment].Refunded).ShouldBe(
            (ToastPaymentStatus.Captured, 2299, 400, 600)
        );
        lines[gone.Checks[0].Payments[0].Guid].State.ShouldBe(ToastPaymentStatus.Voided);
        var check = tavern.Ledger.Checks(tavern.Guid).Single(c => c.OrderGuid == kept.Guid);
        (check.Amount, check.Tax, check.Discount, check.ServiceCharge, check.Gratuity, check.Total, check.Counts).ShouldBe(
            (1750, 119, 300, 50, 30, 1899, true)
        );
    }

    [Theory]
    [InlineData("USD", "10.5")]
    [InlineData("JPY", "1050")]
    [InlineData("KWD", "1.05")]
    public async Task Amounts_are_printed_in_the_currencys_digits(string currency, string printed)
    {
        await using var tavern = await Tavern.OpenAsync(new RestaurantDraft { CurrencyCode = currency });
        var order = tavern.Ledger.RingUp(
            new ToastSale
            {
                RestaurantGuid = tavern.Guid,
                Price = 1050,
                Tax = 0,
            }
        );
        (await tavern.GetAsync($"/orders/v2/orders/{order.Guid}")).At("checks.0.amount").GetRawText().ShouldBe(printed);
    }
}
