using System.Text;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Toast;

/// <summary>A Toast restaurant from validation to disconnection, over GraphQL and against the simulator.</summary>
public sealed class ToastConnectionTests(TestPostgres postgres)
{
    private static object Input(ToastAccount account, string? secret = null, string? location = null) =>
        new
        {
            provider = "TOAST",
            environment = "SANDBOX",
            locationId = location ?? account.Restaurant.Guid.ToString(),
            clientId = account.Client.ClientId,
            clientSecret = secret ?? account.Client.ClientSecret,
        };

    private static async Task<JsonElement> ValidateAsync(TestVenue venue, object input) =>
        (
            await venue.Moderator.GetDataAsync(
                """
                mutation($input: PosCredentialsInput!) { validatePosCredentials(input: $input) {
                  valid locationName merchantName timeZone currency dayCutoff missingScopes errors { code message field } } }
                """,
                new { input }
            )
        ).GetProperty("validatePosCredentials");

    private static async Task ShouldRefuseAsync(TestVenue venue, object input, string code, string field)
    {
        var error = (await ValidateAsync(venue, input)).At("errors").EnumerateArray().ShouldHaveSingleItem();
        (error.At("code").GetString(), error.At("field").GetString() ?? "").ShouldBe((code, field), error.ToString());
        error.At("message").GetString()!.Length.ShouldBeGreaterThan(30);
    }

    [Fact]
    public async Task A_restaurant_is_validated_connected_updated_and_disconnected()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), AcceleratedTimeProvider.UseForProviders);
        var (account, connection) = await venue.ConnectToastAsync(
            new RestaurantDraft
            {
                LocationName = "Pier 7",
                TimeZone = "America/Chicago",
                CurrencyCode = "USD",
                CloseoutHour = 5,
            }
        );
        (await ValidateAsync(venue, Input(account)))
            .ToString()
            .ShouldContain(
                "\"locationName\":\"Pier 7\",\"merchantName\":\"Test Restaurant\",\"timeZone\":\"America/Chicago\",\"currency\":\"USD\","
                    + "\"dayCutoff\":\"05:00:00\""
            );
        venue.Simulator.Toast.Logins.LoginCount(account.Client.ClientId).ShouldBe(1);

        var connectionState = (
            await venue.Moderator.GetDataAsync(
                "{ venue(id: \"bar\") { posConnections { provider locationName timeZone webhook { enabled notificationUrl } sync { "
                    + "intervalSeconds } } } }"
            )
        ).At("venue.posConnections.1");
        connectionState.At("provider").GetString().ShouldBe("TOAST");
        connectionState.At("webhook.enabled").GetBoolean().ShouldBeFalse(); // it needs the secret, which a person enters
        connectionState.At("sync.intervalSeconds").GetInt32().ShouldBe(30);
        var url = connectionState.At("webhook.notificationUrl").GetString()!;
        url.ShouldEndWith("/api/pos/webhooks/toast/" + connection);

        (
            await venue.Moderator.GetDataAsync(
                "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, webhookSignatureKey: \"toast-secret\" }) { "
                    + "connection { webhook { enabled } sync { intervalSeconds } } errors { code } } }",
                new { id = connection }
            )
        )
            .At("updatePosConnection")
            .ToString()
            .ShouldBe("""{"connection":{"webhook":{"enabled":true},"sync":{"intervalSeconds":900}},"errors":[]}""");
        venue.Simulator.Toast.Restaurants.SetWebhook(
            account.Restaurant.Guid,
            new Uri(venue.Host.Address, new Uri(url).AbsolutePath).ToString(),
            "toast-secret"
        );
        venue.Simulator.Toast.Ledger.AddSale(
            new ToastSale
            {
                RestaurantGuid = account.Restaurant.Guid,
                Price = 2_000,
                Discount = 300,
                ServiceCharge = 200,
                Tip = 400,
                Captured = true,
            }
        );
        await venue.Simulator.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);
        venue.Simulator.Toast.Deliveries.Failures.ShouldBeEmpty();
        await venue.ShouldEqualToastAsync(account);
        var transaction = (
            await venue.Owner.GetDataAsync(
                "{ venue(id: \"bar\") { transactions { nodes { provider breakdownComplete discount { amountMinor } tip { "
                    + "amountMinor } serviceCharge { amountMinor } } } } }"
            )
        ).At("venue.transactions.nodes.0");
        transaction
            .ToString()
            .ShouldBe(
                """{"provider":"TOAST","breakdownComplete":true,"discount":{"amountMinor":300},"tip":{"amountMinor":400},"""
                    + "\"serviceCharge\":{\"amountMinor\":200}}"
            );

        (
            await venue.Moderator.GetDataAsync(
                "mutation { disconnectPos(input: { venueId: \"bar\", provider: TOAST }) { connection { status } errors { code } } }"
            )
        )
            .At("disconnectPos.connection.status")
            .GetString()
            .ShouldBe("DISCONNECTED");
        venue.Simulator.Toast.Ledger.AddSale(
            new ToastSale
            {
                RestaurantGuid = account.Restaurant.Guid,
                Price = 100,
                Captured = true,
            }
        );
        await venue.Simulator.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);
        (await venue.SqlAsync<string>("select status || ' ' || reason from ingestion.webhook_events where status <> 1")).ShouldBe(
            "2 The location is disconnected."
        );
    }

    [Fact]
    public async Task Each_error_of_Toast_has_its_own_code()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), AcceleratedTimeProvider.UseForProviders);
        var account = venue.Simulator.Toast.Restaurants.Add();
        var other = venue.Simulator.Toast.Restaurants.Add(new RestaurantDraft { LocationName = "Elsewhere" });

        await ShouldRefuseAsync(venue, Input(account, secret: "wrong"), "INVALID_CREDENTIALS", "credentials.clientSecret");
        await ShouldRefuseAsync(venue, Input(account, location: "no-guid"), "INVALID_INPUT", "credentials.locationId");
        await ShouldRefuseAsync(venue, Input(account, secret: ""), "INVALID_INPUT", "credentials.clientSecret");
        (await ValidateAsync(venue, Input(account, location: other.Restaurant.Guid.ToString())))
            .At("errors.0.code")
            .GetString()
            .ShouldBeOneOf("PERMISSION_DENIED", "LOCATION_NOT_FOUND");
        venue.Simulator.Toast.Restaurants.Put(account.Client with { Scopes = ["restaurants:read"] });
        venue.Simulator.Toast.Logins.RevokeTokens(account.Client.ClientId);
        (await ValidateAsync(venue, Input(account))).At("errors.0.code").GetString().ShouldBe("PERMISSION_DENIED");
        venue.Simulator.Toast.Restaurants.Put(account.Client);

        async Task UnderAsync(Fault fault, string code)
        {
            venue.Simulator.Faults.Clear();
            venue.Simulator.Faults.Add(fault with { Path = "/restaurants/v1" });
            (await ValidateAsync(venue, Input(account))).At("errors.0.code").GetString().ShouldBe(code);
        }
        await UnderAsync(new Fault { Status = 500 }, "PROVIDER_UNAVAILABLE");
        await UnderAsync(new Fault { AbortConnection = true }, "PROVIDER_UNAVAILABLE");
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
        venue.Simulator.Faults.Clear();
        (await ValidateAsync(venue, Input(account))).At("valid").GetBoolean().ShouldBeTrue();
        (await venue.SqlAsync<long>("select count(*) from integrations.pos_connections where provider = 'Toast'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_forged_event_is_refused_and_a_duplicate_counts_once()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), AcceleratedTimeProvider.UseForProviders);
        var (account, connection) = await venue.ConnectToastAsync();
        await venue.Moderator.GetDataAsync(
            "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, webhookSignatureKey: \"toast-secret\" }) { "
                + "errors { code } } }",
            new { id = connection }
        );
        var order = venue.Simulator.Toast.Ledger.AddSale(
            new ToastSale
            {
                RestaurantGuid = account.Restaurant.Guid,
                Price = 1_000,
                Captured = true,
                Announce = false,
            }
        );
        var body = venue.Simulator.Toast.Ledger.Events(order.Guid).Single().Body().ToArray();
        var timestamp = JsonDocument.Parse(body).RootElement.At("timestamp").GetString()!;

        async Task<int> PostAsync(string signature)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/pos/webhooks/toast/{connection}")
            {
                Content = new ByteArrayContent(body),
            };
            request.Headers.TryAddWithoutValidation("Toast-Signature", signature);
            using var response = await venue.Host.Http.SendAsync(request, TestContext.Current.CancellationToken);
            return (int)response.StatusCode;
        }
        (await PostAsync(ToastSignature.Compute("another-secret", body, timestamp))).ShouldBe(403);
        (await PostAsync(ToastSignature.Compute("toast-secret", body, "2026-01-01T00:00:00.000Z"))).ShouldBe(403);
        (await PostAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes("nonsense")))).ShouldBe(403);
        var good = ToastSignature.Compute("toast-secret", body, timestamp);
        (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PostAsync(good)))).ShouldAllBe(status => status == 200);
        await venue.ShouldEqualToastAsync(account);
        (await venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions")).ShouldBe(1);
    }
}
