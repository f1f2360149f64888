using System.Net;
using System.Text.Json;
using PosModular.IntegrationTests.House;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Simulators;

public sealed class ToastDoorTests
{
    [Fact]
    public async Task Logins_are_counted_and_more_than_allowed_get_429()
    {
        await using var tavern = await Tavern.OpenAsync();
        var logins = tavern.Simulator.Toast.Logins;
        logins.CountOf(tavern.Till.Client.ClientId).ShouldBe(1);
        (await tavern.LogInAsync(secret: "wrong")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        logins.MostPerHour = 2;
        (await tavern.LogInAsync()).Status.ShouldBe(HttpStatusCode.OK);
        (await tavern.LogInAsync()).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        logins.CountOf(tavern.Till.Client.ClientId).ShouldBe(3);
        tavern.Clock.Pass(TimeSpan.FromHours(1.5));
        var (status, body) = await tavern.LogInAsync();
        status.ShouldBe(HttpStatusCode.OK);
        body.At("token.expiresIn").GetInt32().ShouldBe(86_400);
    }

    [Fact]
    public async Task A_token_ends_by_time_by_hand_and_with_its_secret()
    {
        await using var tavern = await Tavern.OpenAsync();
        var path = $"/restaurants/v1/restaurants/{tavern.Guid}";
        (await tavern.GetAsync(path)).At("general.timeZone").GetString().ShouldBe("America/New_York");
        tavern.Clock.Pass(TimeSpan.FromDays(1));
        (await tavern.CallAsync(path)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        await tavern.LogInAsync();
        tavern.Simulator.Toast.Logins.ExpireTokens(tavern.Till.Client.ClientId);
        (await tavern.CallAsync(path)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        await tavern.LogInAsync();
        tavern.Simulator.Toast.Logins.RevokeTokens(tavern.Till.Client.ClientId);
        (await tavern.CallAsync(path)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_restaurant_unknown_is_404_and_one_not_connected_403()
    {
        await using var tavern = await Tavern.OpenAsync();
        var stranger = tavern.Simulator.Toast.Restaurants.Add();
        (await tavern.CallAsync($"/restaurants/v1/restaurants/{Guid.NewGuid()}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await tavern.CallAsync($"/restaurants/v1/restaurants/{stranger.Restaurant.Guid}")).Status.ShouldBe(HttpStatusCode.Forbidden);
        tavern.Simulator.Toast.Restaurants.Put(tavern.Till.Client with { Scopes = ["restaurants:read"] });
        (await tavern.CallAsync("/orders/v2/ordersBulk?businessDate=20261124")).Status.ShouldBe(HttpStatusCode.Forbidden);
        tavern.Simulator.Toast.Restaurants.Put(tavern.Till.Client with { Restaurants = [] });
        (await tavern.CallAsync("/orders/v2/ordersBulk?businessDate=20261124")).Status.ShouldBe(HttpStatusCode.Forbidden);
        tavern.Http.DefaultRequestHeaders.Remove("Toast-Restaurant-External-ID");
        (await tavern.CallAsync("/orders/v2/ordersBulk?businessDate=20261124")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_fault_on_toasts_paths_has_toasts_body()
    {
        await using var tavern = await Tavern.OpenAsync();
        tavern.Simulator.Faults.Arm(
            new Fault
            {
                Path = "/orders/v2",
                Status = 429,
                Times = 1,
                Headers = new Dictionary<string, string> { ["X-Toast-RateLimit-Reset"] = "1795550000" },
            }
        );
        var (status, body, _) = await tavern.CallAsync("/orders/v2/ordersBulk?businessDate=20261124");
        status.ShouldBe(HttpStatusCode.TooManyRequests);
        (body.At("status").GetInt32(), body.At("requestId").ValueKind).ShouldBe((429, JsonValueKind.String));
    }

    [Theory]
    [InlineData(500, 3)]
    [InlineData(404, 3)]
    [InlineData(429, 3)]
    [InlineData(401, 1)]
    [InlineData(200, 1)]
    public async Task A_webhook_is_signed_over_body_and_timestamp_and_sent_again_only_where_toast_does(int answer, int attempts)
    {
        await using var receiver = await Receiver.StartAsync(answer);
        await using var tavern = await Tavern.OpenAsync();
        var secret = tavern.Simulator.Toast.Restaurants.SetWebhook(tavern.Guid, receiver.Url).WebhookSecret!;
        var order = tavern.Ledger.RingUp(new ToastSale { RestaurantGuid = tavern.Guid, Price = 100 });
        await tavern.Simulator.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);

        receiver.Got.Select(got => got.Headers["Toast-Attempt-Number"]).ShouldBe(Enumerable.Range(1, attempts).Select(n => $"{n}"));
        foreach (var (headers, body) in receiver.Got)
        {
            var told = JsonDocument.Parse(body).RootElement;
            headers["Toast-Signature"].ShouldBe(ToastSignature.Of(secret, body, told.At("timestamp").GetString()!));
            headers["Toast-Restaurant-External-ID"].ShouldBe(tavern.Guid.ToString());
            headers["Toast-Event-Type"].ShouldBe("order_updated");
            told.At("details.order.guid").GetGuid().ShouldBe(order.Guid);
        }
    }
}
