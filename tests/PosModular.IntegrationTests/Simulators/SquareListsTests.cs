using System.Net;
using PosModular.IntegrationTests.House;
using PosModular.Simulator;
using PosModular.Simulator.Control;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Payments;

namespace PosModular.IntegrationTests.Simulators;

public sealed class SquareListsTests
{
    [Fact]
    public async Task A_fresh_change_is_not_listed_before_the_lag_is_over()
    {
        await using var shop = await Shop.OpenAsync(new SimulatorSettings { ListLag = TimeSpan.FromSeconds(5) });
        var payment = shop.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                Amount = 100,
                At = shop.Clock.GetUtcNow().AddDays(-1),
            }
        );
        (await shop.GetAsync("/v2/payments")).TryGetProperty("payments", out _).ShouldBeFalse();
        (await shop.GetAsync($"/v2/payments/{payment.Id}")).At("payment.id").GetString().ShouldBe(payment.Id);
        shop.Clock.Pass(TimeSpan.FromSeconds(5));
        (await shop.GetAsync("/v2/payments")).At("payments").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_cursor_ends_and_belongs_to_its_question()
    {
        await using var shop = await Shop.OpenAsync(new SimulatorSettings { CursorLifetime = TimeSpan.FromMinutes(5) });
        new History
        {
            LocationId = shop.LocationId,
            Count = 3,
            From = shop.Clock.GetUtcNow().AddHours(-3),
            To = shop.Clock.GetUtcNow(),
        }.RingUp(shop.Simulator.Ledger);
        var cursor = (await shop.GetAsync("/v2/payments?limit=1")).At("cursor").GetString();

        shop.Clock.Pass(TimeSpan.FromMinutes(5));
        var next = await shop.GetAsync($"/v2/payments?limit=1&cursor={cursor}");
        (await shop.ErrorAsync(HttpMethod.Get, $"/v2/payments?sort_order=ASC&cursor={cursor}")).ShouldBe(
            (HttpStatusCode.BadRequest, "INVALID_CURSOR")
        );
        shop.Clock.Pass(TimeSpan.FromSeconds(1));
        (await shop.ErrorAsync(HttpMethod.Get, $"/v2/payments?cursor={cursor}")).ShouldBe((HttpStatusCode.BadRequest, "INVALID_CURSOR"));
        (await shop.GetAsync($"/v2/payments?limit=1&cursor={next.At("cursor").GetString()}")).At("payments").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Offline_sales_are_found_by_the_tills_own_time()
    {
        await using var shop = await Shop.OpenAsync();
        var till = shop.Clock.GetUtcNow();
        shop.Clock.Pass(TimeSpan.FromHours(5));
        shop.Simulator.Ledger.AddSale(new Sale { LocationId = shop.LocationId, Amount = 100 });
        var second = shop.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                Amount = 200,
                OfflineAt = till.AddMinutes(30),
            }
        );
        var first = shop.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                Amount = 300,
                OfflineAt = till,
            }
        );

        (await IdsAsync("is_offline_payment=true&sort_field=OFFLINE_CREATED_AT&sort_order=ASC")).ShouldBe([first.Id, second.Id]);
        (await IdsAsync("is_offline_payment=true&offline_begin_time=2026-11-24T20:10:00Z&offline_end_time=2026-11-24T21:00:00Z")).ShouldBe([
            second.Id,
        ]);

        async Task<string?[]> IdsAsync(string query) =>
            [.. (await shop.GetAsync("/v2/payments?" + query)).At("payments").EnumerateArray().Select(p => p.At("id").GetString())];
    }

    [Fact]
    public async Task An_answer_can_break_off_or_drag()
    {
        await using var shop = await Shop.OpenAsync();
        new History
        {
            LocationId = shop.LocationId,
            Count = 50,
            From = shop.Clock.GetUtcNow().AddHours(-3),
            To = shop.Clock.GetUtcNow(),
        }.RingUp(shop.Simulator.Ledger);
        shop.Simulator.Faults.Arm(
            new Fault
            {
                Path = "/v2/payments",
                CutAfterBytes = 1_000,
                Times = 1,
            }
        );
        await Should.ThrowAsync<HttpRequestException>(() => shop.GetAsync("/v2/payments"));
        shop.Simulator.Faults.Arm(
            new Fault
            {
                Path = "/v2/payments",
                BodyDelayMs = 50,
                Times = 1,
            }
        );
        (await shop.GetAsync("/v2/payments")).At("payments").GetArrayLength().ShouldBe(50);
    }
}
