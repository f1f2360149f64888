using System.Net;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Simulators;

public sealed class ToastLoginTests
{
    [Fact]
    public async Task Logins_are_counted_and_more_than_allowed_get_429()
    {
        await using var toast = await SimulatedToast.StartAsync();
        var logins = toast.Simulator.Toast.Logins;
        logins.LoginCount(toast.Account.Client.ClientId).ShouldBe(1);
        (await toast.LogInAsync(secret: "wrong")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        logins.MaxPerHour = 2;
        (await toast.LogInAsync()).Status.ShouldBe(HttpStatusCode.OK);
        (await toast.LogInAsync()).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        logins.LoginCount(toast.Account.Client.ClientId).ShouldBe(3);
        toast.Clock.Advance(TimeSpan.FromHours(1.5));
        var (status, body) = await toast.LogInAsync();
        status.ShouldBe(HttpStatusCode.OK);
        body.At("token.expiresIn").GetInt32().ShouldBe(86_400);
    }

    [Fact]
    public async Task A_token_becomes_invalid_when_it_expires_is_expired_or_is_revoked()
    {
        await using var toast = await SimulatedToast.StartAsync();
        var path = $"/restaurants/v1/restaurants/{toast.Guid}";
        (await toast.GetAsync(path)).At("general.timeZone").GetString().ShouldBe("America/New_York");
        toast.Clock.Advance(TimeSpan.FromDays(1));
        (await toast.CallAsync(path)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        await toast.LogInAsync();
        toast.Simulator.Toast.Logins.ExpireTokens(toast.Account.Client.ClientId);
        (await toast.CallAsync(path)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        await toast.LogInAsync();
        toast.Simulator.Toast.Logins.RevokeTokens(toast.Account.Client.ClientId);
        (await toast.CallAsync(path)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task An_unknown_restaurant_is_404_and_one_that_is_not_connected_is_403()
    {
        await using var toast = await SimulatedToast.StartAsync();
        var stranger = toast.Simulator.Toast.Restaurants.Add();
        (await toast.CallAsync($"/restaurants/v1/restaurants/{Guid.NewGuid()}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await toast.CallAsync($"/restaurants/v1/restaurants/{stranger.Restaurant.Guid}")).Status.ShouldBe(HttpStatusCode.Forbidden);
        toast.Simulator.Toast.Restaurants.Put(toast.Account.Client with { Scopes = ["restaurants:read"] });
        (await toast.CallAsync("/orders/v2/ordersBulk?businessDate=20261124")).Status.ShouldBe(HttpStatusCode.Forbidden);
        toast.Simulator.Toast.Restaurants.Put(toast.Account.Client with { Restaurants = [] });
        (await toast.CallAsync("/orders/v2/ordersBulk?businessDate=20261124")).Status.ShouldBe(HttpStatusCode.Forbidden);
        toast.Http.DefaultRequestHeaders.Remove("Toast-Restaurant-External-ID");
        (await toast.CallAsync("/orders/v2/ordersBulk?businessDate=20261124")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task An_injected_fault_on_a_Toast_path_has_the_body_of_a_Toast_error()
    {
        await using var toast = await SimulatedToast.StartAsync();
        toast.Simulator.Faults.Add(
            new Fault
            {
                Path = "/orders/v2",
                Status = 429,
                Times = 1,
                Headers = new Dictionary<string, string> { ["X-Toast-RateLimit-Reset"] = "1795550000" },
            }
        );
        var (status, body, _) = await toast.CallAsync("/orders/v2/ordersBulk?businessDate=20261124");
        status.ShouldBe(HttpStatusCode.TooManyRequests);
        (body.At("status").GetInt32(), body.At("requestId").ValueKind).ShouldBe((429, JsonValueKind.String));
    }

    [Theory]
    [InlineData(500, 3)]
    [InlineData(404, 3)]
    [InlineData(429, 3)]
    [InlineData(401, 1)]
    [InlineData(200, 1)]
    public async Task A_webhook_is_signed_over_body_and_timestamp_and_resent_only_where_Toast_resends_it(int statusCode, int attempts)
    {
        await using var receiver = await WebhookReceiver.StartAsync(statusCode);
        await using var toast = await SimulatedToast.StartAsync();
        var secret = toast.Simulator.Toast.Restaurants.SetWebhook(toast.Guid, receiver.Url).WebhookSecret!;
        var order = toast.Ledger.AddSale(new ToastSale { RestaurantGuid = toast.Guid, Price = 100 });
        await toast.Simulator.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);

        receiver.Received.Select(got => got.Headers["Toast-Attempt-Number"]).ShouldBe(Enumerable.Range(1, attempts).Select(n => $"{n}"));
        foreach (var (headers, body) in receiver.Received)
        {
            var webhook = JsonDocument.Parse(body).RootElement;
            headers["Toast-Signature"].ShouldBe(ToastSignature.Compute(secret, body, webhook.At("timestamp").GetString()!));
            headers["Toast-Restaurant-External-ID"].ShouldBe(toast.Guid.ToString());
            headers["Toast-Event-Type"].ShouldBe("order_updated");
            webhook.At("details.order.guid").GetGuid().ShouldBe(order.Guid);
        }
    }
}
