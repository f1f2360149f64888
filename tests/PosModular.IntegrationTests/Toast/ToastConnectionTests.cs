using System.Text;
using System.Text.Json;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Toast;

/// <summary>A Toast restaurant from validation to the last day, over GraphQL against the simulator.</summary>
public sealed class ToastConnectionTests(TestPostgres postgres)
{
    private static object Input(ToastTill till, string? secret = null, string? location = null) =>
        new
        {
            provider = "TOAST",
            environment = "SANDBOX",
            locationId = location ?? till.Restaurant.Guid.ToString(),
            clientId = till.Client.ClientId,
            clientSecret = secret ?? till.Client.ClientSecret,
        };

    private static async Task<JsonElement> ValidateAsync(Bar bar, object input) =>
        (
            await bar.Moderator.DataAsync(
                """
                mutation($input: PosCredentialsInput!) { validatePosCredentials(input: $input) { valid locationName merchantName timeZone currency dayCutoff missingScopes errors { code message field } } }
                """,
                new { input }
            )
        ).GetProperty("validatePosCredentials");

    private static async Task RefusedAsync(Bar bar, object input, string code, string field)
    {
        var error = (await ValidateAsync(bar, input)).At("errors").EnumerateArray().ShouldHaveSingleItem();
        (error.At("code").GetString(), error.At("field").GetString() ?? "").ShouldBe((code, field), error.ToString());
        error.At("message").GetString()!.Length.ShouldBeGreaterThan(30);
    }

    [Fact]
    public async Task Validated_connected_changed_and_disconnected()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync(), HurriedTime.ForProviders);
        var (till, connection) = await bar.ConnectToastAsync(
            new RestaurantDraft
            {
                LocationName = "Pier 7",
                TimeZone = "America/Chicago",
                CurrencyCode = "USD",
                CloseoutHour = 5,
            }
        );
        (await ValidateAsync(bar, Input(till)))
            .ToString()
            .ShouldContain(
                "\"locationName\":\"Pier 7\",\"merchantName\":\"Test Tavern\",\"timeZone\":\"America/Chicago\",\"currency\":\"USD\",\"dayCutoff\":\"05:00:00\""
            );
        bar.Square.Toast.Logins.CountOf(till.Client.ClientId).ShouldBe(1);

        var look = (
            await bar.Moderator.DataAsync(
                "{ venue(id: \"bar\") { posConnections { provider locationName timeZone webhook { enabled notificationUrl } sync { intervalSeconds } } } }"
            )
        ).At("venue.posConnections.1");
        look.At("provider").GetString().ShouldBe("TOAST");
        look.At("webhook.enabled").GetBoolean().ShouldBeFalse(); // its secret must be given by hand
        look.At("sync.intervalSeconds").GetInt32().ShouldBe(30);
        var url = look.At("webhook.notificationUrl").GetString()!;
        url.ShouldEndWith("/api/pos/webhooks/toast/" + connection);

        (
            await bar.Moderator.DataAsync(
                "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, webhookSignatureKey: \"toast-secret\" }) { connection { webhook { enabled } sync { intervalSeconds } } errors { code } } }",
                new { id = connection }
            )
        )
            .At("updatePosConnection")
            .ToString()
            .ShouldBe("""{"connection":{"webhook":{"enabled":true},"sync":{"intervalSeconds":900}},"errors":[]}""");
        bar.Square.Toast.Restaurants.SetWebhook(
            till.Restaurant.Guid,
            new Uri(bar.Host.Address, new Uri(url).AbsolutePath).ToString(),
            "toast-secret"
        );
        bar.Square.Toast.Ledger.RingUp(
            new ToastSale
            {
                RestaurantGuid = till.Restaurant.Guid,
                Price = 2_000,
                Discount = 300,
                ServiceCharge = 200,
                Tip = 400,
                Captured = true,
            }
        );
        await bar.Square.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);
        bar.Square.Toast.Deliveries.Failures.ShouldBeEmpty();
        await bar.ShouldEqualToastAsync(till);
        var sale = (
            await bar.Owner.DataAsync(
                "{ venue(id: \"bar\") { transactions { nodes { provider breakdownComplete discount { amountMinor } tip { amountMinor } serviceCharge { amountMinor } } } } }"
            )
        ).At("venue.transactions.nodes.0");
        sale.ToString()
            .ShouldBe(
                """{"provider":"TOAST","breakdownComplete":true,"discount":{"amountMinor":300},"tip":{"amountMinor":400},"serviceCharge":{"amountMinor":200}}"""
            );

        (
            await bar.Moderator.DataAsync(
                "mutation { disconnectPos(input: { venueId: \"bar\", provider: TOAST }) { connection { status } errors { code } } }"
            )
        )
            .At("disconnectPos.connection.status")
            .GetString()
            .ShouldBe("DISCONNECTED");
        bar.Square.Toast.Ledger.RingUp(
            new ToastSale
            {
                RestaurantGuid = till.Restaurant.Guid,
                Price = 100,
                Captured = true,
            }
        );
        await bar.Square.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);
        (await bar.SqlAsync<string>("select status || ' ' || reason from ingestion.webhook_events where status <> 1")).ShouldBe(
            "2 The till is disconnected."
        );
    }

    [Fact]
    public async Task Each_error_is_provoked_and_told_apart()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync(), HurriedTime.ForProviders);
        var till = bar.Square.Toast.Restaurants.Add();
        var other = bar.Square.Toast.Restaurants.Add(new RestaurantDraft { LocationName = "Elsewhere" });

        await RefusedAsync(bar, Input(till, secret: "wrong"), "INVALID_CREDENTIALS", "credentials.clientSecret");
        await RefusedAsync(bar, Input(till, location: "no-guid"), "INVALID_INPUT", "credentials.locationId");
        await RefusedAsync(bar, Input(till, secret: ""), "INVALID_INPUT", "credentials.clientSecret");
        (await ValidateAsync(bar, Input(till, location: other.Restaurant.Guid.ToString())))
            .At("errors.0.code")
            .GetString()
            .ShouldBeOneOf("PERMISSION_DENIED", "LOCATION_NOT_FOUND");
        bar.Square.Toast.Restaurants.Put(till.Client with { Scopes = ["restaurants:read"] });
        bar.Square.Toast.Logins.RevokeTokens(till.Client.ClientId);
        (await ValidateAsync(bar, Input(till))).At("errors.0.code").GetString().ShouldBe("PERMISSION_DENIED");
        bar.Square.Toast.Restaurants.Put(till.Client);

        async Task UnderAsync(Fault fault, string code)
        {
            bar.Square.Faults.Clear();
            bar.Square.Faults.Arm(fault with { Path = "/restaurants/v1" });
            (await ValidateAsync(bar, Input(till))).At("errors.0.code").GetString().ShouldBe(code);
        }
        await UnderAsync(new Fault { Status = 500 }, "PROVIDER_UNAVAILABLE");
        await UnderAsync(new Fault { Cut = true }, "PROVIDER_UNAVAILABLE");
        await UnderAsync(
            new Fault
            {
                Status = 429,
                Headers = new Dictionary<string, string>
                {
                    ["X-Toast-RateLimit-Reset"] = (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 900).ToString(
                        System.Globalization.CultureInfo.InvariantCulture
                    ),
                },
            },
            "RATE_LIMIT_EXCEEDED"
        );
        bar.Square.Faults.Clear();
        (await ValidateAsync(bar, Input(till))).At("valid").GetBoolean().ShouldBeTrue();
        (await bar.SqlAsync<long>("select count(*) from integrations.pos_connections where provider = 'Toast'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_forged_event_is_refused_and_a_duplicate_counts_once()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync(), HurriedTime.ForProviders);
        var (till, connection) = await bar.ConnectToastAsync();
        await bar.Moderator.DataAsync(
            "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, webhookSignatureKey: \"toast-secret\" }) { errors { code } } }",
            new { id = connection }
        );
        var order = bar.Square.Toast.Ledger.RingUp(
            new ToastSale
            {
                RestaurantGuid = till.Restaurant.Guid,
                Price = 1_000,
                Captured = true,
                Announce = false,
            }
        );
        var body = bar.Square.Toast.Ledger.Events(order.Guid).Single().Body().ToArray();
        var timestamp = JsonDocument.Parse(body).RootElement.At("timestamp").GetString()!;

        async Task<int> PostAsync(string signature)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/pos/webhooks/toast/{connection}")
            {
                Content = new ByteArrayContent(body),
            };
            request.Headers.TryAddWithoutValidation("Toast-Signature", signature);
            using var answer = await bar.Host.Http.SendAsync(request, TestContext.Current.CancellationToken);
            return (int)answer.StatusCode;
        }
        (await PostAsync(ToastSignature.Of("another-secret", body, timestamp))).ShouldBe(403);
        (await PostAsync(ToastSignature.Of("toast-secret", body, "2026-01-01T00:00:00.000Z"))).ShouldBe(403);
        (await PostAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes("nonsense")))).ShouldBe(403);
        var good = ToastSignature.Of("toast-secret", body, timestamp);
        (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PostAsync(good)))).ShouldAllBe(status => status == 200);
        await bar.ShouldEqualToastAsync(till);
        (await bar.SqlAsync<long>("select count(*) from ingestion.transaction_versions")).ShouldBe(1);
    }
}
