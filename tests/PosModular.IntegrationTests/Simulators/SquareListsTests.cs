using System.Net;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator;
using PosModular.Simulator.Control;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Payments;

namespace PosModular.IntegrationTests.Simulators;

public sealed class SquareListsTests
{
    [Fact]
    public async Task A_recent_change_is_listed_only_after_the_list_lag()
    {
        await using var square = await SimulatedSquare.StartAsync(new SimulatorSettings { ListLag = TimeSpan.FromSeconds(5) });
        var payment = square.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
                Amount = 100,
                At = square.Clock.GetUtcNow().AddDays(-1),
            }
        );
        (await square.GetAsync("/v2/payments")).TryGetProperty("payments", out _).ShouldBeFalse();
        (await square.GetAsync($"/v2/payments/{payment.Id}")).At("payment.id").GetString().ShouldBe(payment.Id);
        square.Clock.Advance(TimeSpan.FromSeconds(5));
        (await square.GetAsync("/v2/payments")).At("payments").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_cursor_expires_and_is_valid_only_for_its_own_query()
    {
        await using var square = await SimulatedSquare.StartAsync(new SimulatorSettings { CursorLifetime = TimeSpan.FromMinutes(5) });
        new SalesHistory
        {
            LocationId = square.LocationId,
            Count = 3,
            From = square.Clock.GetUtcNow().AddHours(-3),
            To = square.Clock.GetUtcNow(),
        }.AddTo(square.Simulator.Ledger);
        var cursor = (await square.GetAsync("/v2/payments?limit=1")).At("cursor").GetString();

        square.Clock.Advance(TimeSpan.FromMinutes(5));
        var next = await square.GetAsync($"/v2/payments?limit=1&cursor={cursor}");
        (await square.GetErrorAsync(HttpMethod.Get, $"/v2/payments?sort_order=ASC&cursor={cursor}")).ShouldBe(
            (HttpStatusCode.BadRequest, "INVALID_CURSOR")
        );
        square.Clock.Advance(TimeSpan.FromSeconds(1));
        (await square.GetErrorAsync(HttpMethod.Get, $"/v2/payments?cursor={cursor}")).ShouldBe(
            (HttpStatusCode.BadRequest, "INVALID_CURSOR")
        );
        (await square.GetAsync($"/v2/payments?limit=1&cursor={next.At("cursor").GetString()}")).At("payments").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Offline_payments_are_found_by_the_time_of_the_point_of_sale()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var deviceTime = square.Clock.GetUtcNow();
        square.Clock.Advance(TimeSpan.FromHours(5));
        square.Simulator.Ledger.AddSale(new Sale { LocationId = square.LocationId, Amount = 100 });
        var second = square.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
                Amount = 200,
                OfflineAt = deviceTime.AddMinutes(30),
            }
        );
        var first = square.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
                Amount = 300,
                OfflineAt = deviceTime,
            }
        );

        (await IdsAsync("is_offline_payment=true&sort_field=OFFLINE_CREATED_AT&sort_order=ASC")).ShouldBe([first.Id, second.Id]);
        (await IdsAsync("is_offline_payment=true&offline_begin_time=2026-11-24T20:10:00Z&offline_end_time=2026-11-24T21:00:00Z")).ShouldBe([
            second.Id,
        ]);

        async Task<string?[]> IdsAsync(string query) =>
            [.. (await square.GetAsync("/v2/payments?" + query)).At("payments").EnumerateArray().Select(p => p.At("id").GetString())];
    }

    [Fact]
    public async Task A_response_can_be_cut_off_or_delayed()
    {
        await using var square = await SimulatedSquare.StartAsync();
        new SalesHistory
        {
            LocationId = square.LocationId,
            Count = 50,
            From = square.Clock.GetUtcNow().AddHours(-3),
            To = square.Clock.GetUtcNow(),
        }.AddTo(square.Simulator.Ledger);
        square.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/payments",
                AbortAfterBytes = 1_000,
                Times = 1,
            }
        );
        await Should.ThrowAsync<HttpRequestException>(() => square.GetAsync("/v2/payments"));
        square.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/payments",
                BodyDelayMs = 50,
                Times = 1,
            }
        );
        (await square.GetAsync("/v2/payments")).At("payments").GetArrayLength().ShouldBe(50);
    }
}
