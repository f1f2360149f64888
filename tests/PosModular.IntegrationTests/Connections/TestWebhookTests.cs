using System.Net;
using System.Text;
using System.Text.Json;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Connections;

/// <summary>Does the provider reach us? The simulator signs a test event with the subscription's key and sends it to its address, over real HTTP.</summary>
public sealed class TestWebhookTests(TestPostgres postgres)
{
    private const string Fields =
        "id status statusReason { message } webhook { notificationUrl lastEventAt lastRefusal lastTest { at reached statusCode advice } }";

    private async Task<Bar> OpenAsync(string publicAddress) =>
        await Bar.OpenAsync(
            await postgres.CreateDatabaseAsync(),
            more: new Dictionary<string, string?> { ["Pos:PublicBaseUrl"] = publicAddress }
        );

    private static async Task<JsonElement> TestAsync(Bar bar, object? connection = null) =>
        (
            await bar.Moderator.DataAsync(
                $"mutation($id: ID!) {{ testWebhook(input: {{ connectionId: $id }}) {{ connection {{ {Fields} }} errors {{ code message field }} }} }}",
                new { id = connection ?? bar.ConnectionId }
            )
        ).GetProperty("testWebhook");

    private static async Task<JsonElement> ReachesAsync(Bar bar, bool reached, int? status, params string[] says)
    {
        var answer = await TestAsync(bar);
        answer.At("errors").GetArrayLength().ShouldBe(0, answer.ToString());
        var (connection, test) = (answer.At("connection"), answer.At("connection.webhook.lastTest"));
        (test.At("reached").GetBoolean(), test.At("statusCode").ToString()).ShouldBe(
            (reached, status?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? ""),
            test.ToString()
        );
        foreach (var word in says)
            test.At("advice").GetString()!.ShouldContain(word);
        if (says.Length == 0)
            test.At("advice").ValueKind.ShouldBe(JsonValueKind.Null);
        // Whatever came of it, the till is connected.
        (connection.At("status").GetString(), connection.At("statusReason").ValueKind).ShouldBe(("CONNECTED", JsonValueKind.Null));
        (await LookAsync(bar)).At("webhook.lastTest").ToString().ShouldBe(test.ToString());
        return connection;
    }

    private static async Task<JsonElement> LookAsync(Bar bar) =>
        (await bar.Owner.DataAsync($"{{ venue(id: \"bar\") {{ posConnections {{ {Fields} }} }} }}")).At("venue.posConnections.0");

    private static async Task<(string? Code, string Message)> RefusedAsync(Bar bar, object? connection = null)
    {
        var answer = await TestAsync(bar, connection);
        answer.At("connection").ValueKind.ShouldBe(JsonValueKind.Null);
        return (answer.At("errors.0.code").GetString(), answer.At("errors.0.message").GetString()!);
    }

    [Fact]
    public async Task A_test_that_comes_in_is_told_and_is_neither_a_sale_nor_a_problem()
    {
        await using var door = await Doorway.OpenAsync();
        await using var bar = await OpenAsync(door.Address);
        (door.Host, door.Answer) = (bar.Host, null);
        (await LookAsync(bar)).At("webhook.lastTest").ValueKind.ShouldBe(JsonValueKind.Null);

        var connection = await ReachesAsync(bar, true, 200);

        connection.At("webhook.notificationUrl").GetString()!.ShouldStartWith(door.Address);
        var events = (
            await bar.Owner.DataAsync(
                "{ venue(id: \"bar\") { webhookEvents { nodes { type status reason } } auditLog(first: 1) { nodes { action subject } } } }"
            )
        ).GetProperty("venue");
        events
            .At("webhookEvents.nodes")
            .ToString()
            .ShouldBe("""[{"type":"order.created","status":"PROCESSED","reason":"It is the provider's test of the webhook."}]""");
        events.At("auditLog.nodes.0").ToString().ShouldBe($$"""{"action":"testWebhook","subject":"{{bar.ConnectionId}}"}""");
        (
            await bar.SqlAsync<long>(
                "select (select count(*) from ingestion.transactions) + (select count(*) from ingestion.order_fetches)"
            )
        ).ShouldBe(0);
        (await bar.Moderator.DataAsync("mutation { replayWebhookEvents(input: { venueId: \"bar\" }) { replayed } }"))
            .At("replayWebhookEvents.replayed")
            .GetInt32()
            .ShouldBe(0);
        (await bar.Moderator.DataAsync("{ unroutedWebhookEvents { nodes { id } } }"))
            .At("unroutedWebhookEvents.nodes")
            .GetArrayLength()
            .ShouldBe(0);

        // What it said of the old key says nothing of the new one.
        (
            await bar.Moderator.DataAsync(
                "mutation($id: ID!) { rotateWebhookKey(input: { connectionId: $id }) { connection { webhook { lastTest { at } } } errors { code } } }",
                new { id = bar.ConnectionId }
            )
        )
            .At("rotateWebhookKey")
            .ToString()
            .ShouldBe("""{"connection":{"webhook":{"lastTest":null}},"errors":[]}""");
        await ReachesAsync(bar, true, 200);
    }

    [Fact]
    public async Task A_test_that_comes_in_at_another_host_is_told_where_it_was_asked_for()
    {
        await using var door = await Doorway.OpenAsync();
        await using var bar = await OpenAsync(door.Address);
        (door.Host, door.Answer) = (await bar.AddHostAsync(), null);

        await ReachesAsync(bar, true, 200);

        (await bar.SqlAsync<string>("select string_agg(status || ' ' || reason, ',') from ingestion.webhook_events")).ShouldBe(
            "1 It is the provider's test of the webhook."
        );
    }

    [Fact]
    public async Task An_address_that_is_not_reached_is_told_with_what_to_do()
    {
        await using var bar = await OpenAsync("http://127.0.0.1:1"); // nobody is there

        await ReachesAsync(bar, false, null, "no answer from " + bar.NotificationUrl, "Pos__PublicBaseUrl", "by polling");
    }

    [Fact]
    public async Task Whatever_else_answers_at_the_address_is_told_apart()
    {
        await using var door = await Doorway.OpenAsync();
        await using var bar = await OpenAsync(door.Address);

        foreach (
            var (status, says) in new[]
            {
                (200, "leads to another server"),
                (301, "redirect"),
                (403, "/api/pos/webhooks/ pass"),
                (404, "does not pass /api/pos/webhooks/ on"),
                (500, "what stands in front"),
            }
        )
        {
            door.Answer = status;
            await ReachesAsync(bar, false, status, says);
        }
        // It comes in, and a proxy changes the answer: Square would send it again and again.
        (door.Host, door.Answer) = (bar.Host, 502);
        await ReachesAsync(bar, false, 502, "came in here", "502");
    }

    [Fact]
    public async Task A_key_that_is_not_the_providers_any_more_shows_and_is_put_right_by_connecting_again()
    {
        await using var door = await Doorway.OpenAsync();
        await using var bar = await OpenAsync(door.Address);
        (door.Host, door.Answer) = (bar.Host, null);
        using var square = new HttpClient
        {
            BaseAddress = bar.Square.Address,
            DefaultRequestHeaders = { Authorization = new("Bearer", bar.Till.Token.Value) },
        };
        (
            await square.PostAsync(
                $"/v2/webhooks/subscriptions/{bar.Square.Subscriptions.All.Single().Id}/signature-key",
                null,
                TestContext.Current.CancellationToken
            )
        ).EnsureSuccessStatusCode();

        await ReachesAsync(bar, false, 403, "webhook.lastRefusal", "connect the till again");
        (await LookAsync(bar)).At("webhook.lastRefusal").GetString()!.ShouldContain("signed with another key");

        await bar.ConnectAsync(Bar.VenueId, bar.Till);
        (await LookAsync(bar)).At("webhook.lastTest").ValueKind.ShouldBe(JsonValueKind.Null);
        await ReachesAsync(bar, true, 200);
    }

    [Fact]
    public async Task While_a_test_is_under_way_sales_count_and_what_cannot_be_read_is_the_test()
    {
        await using var door = await Doorway.OpenAsync();
        await using var bar = await OpenAsync(door.Address);
        (door.Host, door.Answer) = (bar.Host, null);
        (door.Arrived, door.Opened) = (
            new(TaskCreationOptions.RunContinuationsAsynchronously),
            new(TaskCreationOptions.RunContinuationsAsynchronously)
        );
        byte[] Bare(string id) =>
            Encoding.UTF8.GetBytes(
                $$"""{"merchant_id":"SAMPLE","type":"order.created","event_id":"{{id}}","data":{"type":"webhooks","id":"x"} }"""
            );

        var test = TestAsync(bar);
        await door.Arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (await bar.PostAsync(bar.Event("sale"))).ShouldBe(HttpStatusCode.OK);
        (await bar.PostAsync(Bare("during"))).ShouldBe(HttpStatusCode.OK);
        var (code, message) = await RefusedAsync(bar);
        (code, message.Contains("under way", StringComparison.Ordinal)).ShouldBe(("CONFLICT", true));
        door.Opened.SetResult();
        (await test).At("connection.webhook.lastTest.reached").GetBoolean().ShouldBeTrue();
        (await bar.PostAsync(Bare("after"))).ShouldBe(HttpStatusCode.OK);

        (await bar.SqlAsync<string>("select string_agg(external_id, ',') from ingestion.transactions")).ShouldBe("sale");
        (
            await bar.SqlAsync<string>(
                "select string_agg(event_id || ' ' || status, ',' order by event_id) from ingestion.webhook_events where event_id in ('during', 'after')"
            )
        ).ShouldBe("after 3,during 1");
    }

    [Fact]
    public async Task Where_no_test_can_be_asked_for_the_code_says_so()
    {
        await using var bar = await OpenAsync("http://127.0.0.1:1");
        (await RefusedAsync(bar, Guid.NewGuid())).Code.ShouldBe("NOT_FOUND");

        async Task ConflictAsync(object connection, string says)
        {
            var (code, message) = await RefusedAsync(bar, connection);
            code.ShouldBe("CONFLICT");
            message.ShouldContain(says);
        }
        var (_, toast) = await bar.ConnectToastAsync();
        await ConflictAsync(toast, "Toast cannot be asked for a test event");

        async Task ChangeAsync(string change) =>
            (
                await bar.Moderator.DataAsync(
                    $"mutation($id: ID!) {{ updatePosConnection(input: {{ connectionId: $id, {change} }}) {{ errors {{ code }} }} }}",
                    new { id = bar.ConnectionId }
                )
            )
                .At("updatePosConnection.errors")
                .GetArrayLength()
                .ShouldBe(0);
        await ChangeAsync("enableWebhook: false");
        await ConflictAsync(bar.ConnectionId, "switched off");
        await ChangeAsync("webhookSignatureKey: \"pasted\"");
        await ConflictAsync(bar.ConnectionId, "no subscription of ours");
        await bar.Moderator.DataAsync(
            "mutation($id: ID!) { disconnectPos(input: { connectionId: $id }) { errors { code } } }",
            new { id = bar.ConnectionId }
        );
        await ConflictAsync(bar.ConnectionId, "disconnected");
    }

    [Fact]
    public async Task What_the_provider_has_against_a_test_is_told_and_it_is_asked_once()
    {
        await using var bar = await OpenAsync("http://127.0.0.1:1");
        var subscription = bar.Square.Subscriptions.All.Single().Id;

        bar.Square.Faults.Arm(new Fault { Path = $"/v2/webhooks/subscriptions/{subscription}/test", Status = 500 });
        (await RefusedAsync(bar)).Code.ShouldBe("PROVIDER_UNAVAILABLE");
        bar.Square.Requests.Requests.Count(r => r.Path.EndsWith("/test", StringComparison.Ordinal)).ShouldBe(1); // each would send an event
        bar.Square.Faults.Clear();
        await ReachesAsync(bar, false, null, "no answer");

        // A seller's token in the place of the application's.
        bar.Square.Sellers.AddToken(new AccessToken("sellers-token", bar.Till.Merchant.Id, bar.Till.Token.ApplicationId) { OAuth = true });
        (
            await bar.Moderator.DataAsync(
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
                            locationId = bar.Till.Location.Id,
                            accessToken = "sellers-token",
                        },
                    },
                }
            )
        ).At("connectPos.errors").GetArrayLength().ShouldBe(0);
        var (code, message) = await RefusedAsync(bar);
        code.ShouldBe("PERMISSION_DENIED");
        message.ShouldContain("Send a test event from the Developer Dashboard");
        (await LookAsync(bar)).At("status").GetString().ShouldBe("CONNECTED");

        await bar.ConnectAsync("bar", bar.Till);
        using var square = new HttpClient
        {
            BaseAddress = bar.Square.Address,
            DefaultRequestHeaders = { Authorization = new("Bearer", bar.Till.Token.Value) },
        };
        (
            await square.DeleteAsync($"/v2/webhooks/subscriptions/{subscription}", TestContext.Current.CancellationToken)
        ).EnsureSuccessStatusCode();
        (await RefusedAsync(bar)).Code.ShouldBe("WEBHOOK_VALIDATION_FAILED");
    }
}
