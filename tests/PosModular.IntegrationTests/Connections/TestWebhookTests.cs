using System.Net;
using System.Text;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Connections;

/// <summary>
/// Tests whether the provider reaches the webhook: the simulator signs a test event with the subscription's key and sends it to the
/// subscription's address over real HTTP.
/// </summary>
public sealed class TestWebhookTests(TestPostgres postgres)
{
    private const string Fields =
        "id status statusReason { message } webhook { notificationUrl lastEventAt lastRefusal lastTest { at reached statusCode advice } }";

    private async Task<TestVenue> OpenAsync(string publicAddress) =>
        await TestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?> { ["Pos:PublicBaseUrl"] = publicAddress }
        );

    private static async Task<JsonElement> TestAsync(TestVenue venue, object? connection = null) =>
        (
            await venue.Moderator.GetDataAsync(
                $"mutation($id: ID!) {{ testWebhook(input: {{ connectionId: $id }}) {{ connection {{ {Fields} }} errors {{ code "
                    + "message field } } }",
                new { id = connection ?? venue.ConnectionId }
            )
        ).GetProperty("testWebhook");

    private static async Task<JsonElement> ShouldReportAsync(TestVenue venue, bool reached, int? status, params string[] adviceParts)
    {
        var payload = await TestAsync(venue);
        payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
        var (connection, test) = (payload.At("connection"), payload.At("connection.webhook.lastTest"));
        (test.At("reached").GetBoolean(), test.At("statusCode").ToString()).ShouldBe(
            (reached, status?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? ""),
            test.ToString()
        );
        foreach (var word in adviceParts)
            test.At("advice").GetString()!.ShouldContain(word);
        if (adviceParts.Length == 0)
            test.At("advice").ValueKind.ShouldBe(JsonValueKind.Null);
        // The outcome of the test does not change the status of the connection.
        (connection.At("status").GetString(), connection.At("statusReason").ValueKind).ShouldBe(("CONNECTED", JsonValueKind.Null));
        (await GetConnectionAsync(venue)).At("webhook.lastTest").ToString().ShouldBe(test.ToString());
        return connection;
    }

    private static async Task<JsonElement> GetConnectionAsync(TestVenue venue) =>
        (await venue.Owner.GetDataAsync($"{{ venue(id: \"bar\") {{ posConnections {{ {Fields} }} }} }}")).At("venue.posConnections.0");

    private static async Task<(string? Code, string Message)> ShouldRefuseAsync(TestVenue venue, object? connection = null)
    {
        var payload = await TestAsync(venue, connection);
        payload.At("connection").ValueKind.ShouldBe(JsonValueKind.Null);
        return (payload.At("errors.0.code").GetString(), payload.At("errors.0.message").GetString()!);
    }

    [Fact]
    public async Task A_test_event_that_arrives_is_reported_and_is_neither_a_transaction_nor_a_failure()
    {
        await using var proxy = await TestReverseProxy.StartAsync();
        await using var venue = await OpenAsync(proxy.Address);
        (proxy.Host, proxy.StatusCodeOverride) = (venue.Host, null);
        (await GetConnectionAsync(venue)).At("webhook.lastTest").ValueKind.ShouldBe(JsonValueKind.Null);

        var connection = await ShouldReportAsync(venue, true, 200);

        connection.At("webhook.notificationUrl").GetString()!.ShouldStartWith(proxy.Address);
        var events = (
            await venue.Owner.GetDataAsync(
                "{ venue(id: \"bar\") { webhookEvents { nodes { type status reason } } auditLog(first: 1) { nodes { action subject } } } }"
            )
        ).GetProperty("venue");
        events
            .At("webhookEvents.nodes")
            .ToString()
            .ShouldBe("""[{"type":"order.created","status":"PROCESSED","reason":"This is the provider's test event."}]""");
        events.At("auditLog.nodes.0").ToString().ShouldBe($$"""{"action":"testWebhook","subject":"{{venue.ConnectionId}}"}""");
        (
            await venue.SqlAsync<long>(
                "select (select count(*) from ingestion.transactions) + (select count(*) from ingestion.order_fetches)"
            )
        ).ShouldBe(0);
        (await venue.Moderator.GetDataAsync("mutation { replayWebhookEvents(input: { venueId: \"bar\" }) { replayed } }"))
            .At("replayWebhookEvents.replayed")
            .GetInt32()
            .ShouldBe(0);
        (await venue.Moderator.GetDataAsync("{ unroutedWebhookEvents { nodes { id } } }"))
            .At("unroutedWebhookEvents.nodes")
            .GetArrayLength()
            .ShouldBe(0);

        // A test of the old key says nothing about the new one.
        (
            await venue.Moderator.GetDataAsync(
                "mutation($id: ID!) { rotateWebhookKey(input: { connectionId: $id }) { connection { webhook { lastTest { at } } } "
                    + "errors { code } } }",
                new { id = venue.ConnectionId }
            )
        )
            .At("rotateWebhookKey")
            .ToString()
            .ShouldBe("""{"connection":{"webhook":{"lastTest":null}},"errors":[]}""");
        await ShouldReportAsync(venue, true, 200);
    }

    [Fact]
    public async Task A_test_event_that_arrives_at_another_host_is_reported_where_it_was_requested()
    {
        await using var proxy = await TestReverseProxy.StartAsync();
        await using var venue = await OpenAsync(proxy.Address);
        (proxy.Host, proxy.StatusCodeOverride) = (await venue.AddHostAsync(), null);

        await ShouldReportAsync(venue, true, 200);

        (await venue.SqlAsync<string>("select string_agg(status || ' ' || reason, ',') from ingestion.webhook_events")).ShouldBe(
            "1 This is the provider's test event."
        );
    }

    [Fact]
    public async Task An_unreachable_address_is_reported_with_advice()
    {
        await using var venue = await OpenAsync("http://127.0.0.1:1"); // nobody is there

        await ShouldReportAsync(venue, false, null, "no response from " + venue.NotificationUrl, "Pos__PublicBaseUrl", "by polling");
    }

    [Fact]
    public async Task Each_foreign_response_at_the_address_has_its_own_advice()
    {
        await using var proxy = await TestReverseProxy.StartAsync();
        await using var venue = await OpenAsync(proxy.Address);

        foreach (
            var (status, advicePart) in new[]
            {
                (200, "Another server responded"),
                (301, "redirect"),
                (403, "/api/pos/webhooks/ pass"),
                (404, "does not forward /api/pos/webhooks/"),
                (500, "proxies in front of this server"),
            }
        )
        {
            proxy.StatusCodeOverride = status;
            await ShouldReportAsync(venue, false, status, advicePart);
        }
        // The event arrives, but a proxy changes the response: Square would send it again and again.
        (proxy.Host, proxy.StatusCodeOverride) = (venue.Host, 502);
        await ShouldReportAsync(venue, false, 502, "The event arrived", "502");
    }

    [Fact]
    public async Task An_outdated_signature_key_is_reported_and_replaced_by_connecting_again()
    {
        await using var proxy = await TestReverseProxy.StartAsync();
        await using var venue = await OpenAsync(proxy.Address);
        (proxy.Host, proxy.StatusCodeOverride) = (venue.Host, null);
        using var square = new HttpClient
        {
            BaseAddress = venue.Simulator.Address,
            DefaultRequestHeaders = { Authorization = new("Bearer", venue.Seller.Token.Value) },
        };
        (
            await square.PostAsync(
                $"/v2/webhooks/subscriptions/{venue.Simulator.Subscriptions.All.Single().Id}/signature-key",
                null,
                TestContext.Current.CancellationToken
            )
        ).EnsureSuccessStatusCode();

        await ShouldReportAsync(venue, false, 403, "webhook.lastRefusal", "connect the location again");
        (await GetConnectionAsync(venue)).At("webhook.lastRefusal").GetString()!.ShouldContain("signed with another key");

        await venue.ConnectSquareAsync(TestVenue.VenueId, venue.Seller);
        (await GetConnectionAsync(venue)).At("webhook.lastTest").ValueKind.ShouldBe(JsonValueKind.Null);
        await ShouldReportAsync(venue, true, 200);
    }

    [Fact]
    public async Task While_a_test_is_running_payments_count_and_an_unreadable_event_is_taken_as_the_test()
    {
        await using var proxy = await TestReverseProxy.StartAsync();
        await using var venue = await OpenAsync(proxy.Address);
        (proxy.Host, proxy.StatusCodeOverride) = (venue.Host, null);
        (proxy.RequestArrived, proxy.Release) = (
            new(TaskCreationOptions.RunContinuationsAsynchronously),
            new(TaskCreationOptions.RunContinuationsAsynchronously)
        );
        byte[] UnreadableEvent(string id) =>
            Encoding.UTF8.GetBytes(
                $$"""{"merchant_id":"SAMPLE","type":"order.created","event_id":"{{id}}","data":{"type":"webhooks","id":"x"} }"""
            );

        var test = TestAsync(venue);
        await proxy.RequestArrived.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (await venue.PostWebhookAsync(venue.PaymentEvent("sale"))).ShouldBe(HttpStatusCode.OK);
        (await venue.PostWebhookAsync(UnreadableEvent("during"))).ShouldBe(HttpStatusCode.OK);
        var (code, message) = await ShouldRefuseAsync(venue);
        (code, message.Contains("already running", StringComparison.Ordinal)).ShouldBe(("CONFLICT", true));
        proxy.Release.SetResult();
        (await test).At("connection.webhook.lastTest.reached").GetBoolean().ShouldBeTrue();
        (await venue.PostWebhookAsync(UnreadableEvent("after"))).ShouldBe(HttpStatusCode.OK);

        (await venue.SqlAsync<string>("select string_agg(external_id, ',') from ingestion.transactions")).ShouldBe("sale");
        (
            await venue.SqlAsync<string>(
                "select string_agg(event_id || ' ' || status, ',' order by event_id) from ingestion.webhook_events where event_id "
                    + "in ('during', 'after')"
            )
        ).ShouldBe("after 3,during 1");
    }

    [Fact]
    public async Task A_test_that_is_impossible_is_refused_with_a_code()
    {
        await using var venue = await OpenAsync("http://127.0.0.1:1");
        (await ShouldRefuseAsync(venue, Guid.NewGuid())).Code.ShouldBe("NOT_FOUND");

        async Task ConflictAsync(object connection, string messagePart)
        {
            var (code, message) = await ShouldRefuseAsync(venue, connection);
            code.ShouldBe("CONFLICT");
            message.ShouldContain(messagePart);
        }
        var (_, toast) = await venue.ConnectToastAsync();
        await ConflictAsync(toast, "Toast offers no test events");

        async Task ChangeAsync(string change) =>
            (
                await venue.Moderator.GetDataAsync(
                    $"mutation($id: ID!) {{ updatePosConnection(input: {{ connectionId: $id, {change} }}) {{ errors {{ code }} }} }}",
                    new { id = venue.ConnectionId }
                )
            )
                .At("updatePosConnection.errors")
                .GetArrayLength()
                .ShouldBe(0);
        await ChangeAsync("enableWebhook: false");
        await ConflictAsync(venue.ConnectionId, "switched off");
        await ChangeAsync("webhookSignatureKey: \"pasted\"");
        await ConflictAsync(venue.ConnectionId, "does not manage the webhook subscription");
        await venue.Moderator.GetDataAsync(
            "mutation($id: ID!) { disconnectPos(input: { connectionId: $id }) { errors { code } } }",
            new { id = venue.ConnectionId }
        );
        await ConflictAsync(venue.ConnectionId, "disconnected");
    }

    [Fact]
    public async Task A_test_that_the_provider_refuses_is_reported_and_requested_once()
    {
        await using var venue = await OpenAsync("http://127.0.0.1:1");
        var subscription = venue.Simulator.Subscriptions.All.Single().Id;

        venue.Simulator.Faults.Add(new Fault { Path = $"/v2/webhooks/subscriptions/{subscription}/test", Status = 500 });
        (await ShouldRefuseAsync(venue)).Code.ShouldBe("PROVIDER_UNAVAILABLE");
        // Not retried, because every call makes Square send an event.
        venue.Simulator.Requests.Requests.Count(r => r.Path.EndsWith("/test", StringComparison.Ordinal)).ShouldBe(1);
        venue.Simulator.Faults.Clear();
        await ShouldReportAsync(venue, false, null, "no response");

        // The token of a seller instead of the application's own.
        venue.Simulator.Sellers.AddToken(
            new AccessToken("sellers-token", venue.Seller.Merchant.Id, venue.Seller.Token.ApplicationId) { OAuth = true }
        );
        (
            await venue.Moderator.GetDataAsync(
                "mutation($input: ConnectPosInput!) { connectPos(input: $input) { errors { code } } }",
                new
                {
                    input = new
                    {
                        venueId = "bar",
                        credentials = new
                        {
                            provider = "SQUARE",
                            environment = "SANDBOX",
                            locationId = venue.Seller.Location.Id,
                            accessToken = "sellers-token",
                        },
                    },
                }
            )
        ).At("connectPos.errors").GetArrayLength().ShouldBe(0);
        var (code, message) = await ShouldRefuseAsync(venue);
        code.ShouldBe("PERMISSION_DENIED");
        message.ShouldContain("Send a test event from the Developer Dashboard");
        (await GetConnectionAsync(venue)).At("status").GetString().ShouldBe("CONNECTED");

        await venue.ConnectSquareAsync("bar", venue.Seller);
        using var square = new HttpClient
        {
            BaseAddress = venue.Simulator.Address,
            DefaultRequestHeaders = { Authorization = new("Bearer", venue.Seller.Token.Value) },
        };
        (
            await square.DeleteAsync($"/v2/webhooks/subscriptions/{subscription}", TestContext.Current.CancellationToken)
        ).EnsureSuccessStatusCode();
        (await ShouldRefuseAsync(venue)).Code.ShouldBe("WEBHOOK_VALIDATION_FAILED");
    }
}
