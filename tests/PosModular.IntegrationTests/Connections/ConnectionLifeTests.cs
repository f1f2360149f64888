using System.Net;
using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Faults;

namespace PosModular.IntegrationTests.Connections;

/// <summary>A connection from its first day to its last: changed, watched, cut off, moved to another venue.</summary>
public sealed class ConnectionLifeTests(TestPostgres postgres)
{
    private const string Fields = """
        id status statusReason { code message } lastGoodCallAt disconnectedAt
        webhook { enabled notificationUrl subscriptionId lastEventAt refusedSignatures lastRefusal } sync { enabled intervalSeconds processRules recentErrors { code } }
        """;

    private async Task<Bar> OpenAsync() => await Bar.OpenAsync(await postgres.CreateDatabaseAsync(), HurriedTime.ForProviders);

    private static async Task<JsonElement> ChangeAsync(Bar bar, object input) =>
        (
            await bar.Moderator.DataAsync(
                $"mutation($input: UpdatePosConnectionInput!) {{ updatePosConnection(input: $input) {{ connection {{ {Fields} }} errors {{ code field }} }} }}",
                new { input }
            )
        ).GetProperty("updatePosConnection");

    private static async Task<JsonElement> DisconnectAsync(Bar bar, object input) =>
        (
            await bar.Moderator.DataAsync(
                $"mutation($input: DisconnectPosInput!) {{ disconnectPos(input: $input) {{ connection {{ {Fields} }} errors {{ code field }} }} }}",
                new { input }
            )
        ).GetProperty("disconnectPos");

    private static async Task<JsonElement> LookAsync(Bar bar) =>
        (await bar.Moderator.DataAsync($"{{ venue(id: \"bar\") {{ posConnections {{ {Fields} }} }} }}")).At("venue.posConnections.0");

    /// <summary>A call to the provider as a sync makes it.</summary>
    private static async Task<FetchFault?> CallAsync(Bar bar) =>
        (
            await bar
                .Host.Services.GetRequiredService<ITills>()
                .FetchPageAsync(
                    bar.ConnectionId,
                    new PageRequest("payments-updated", Instant.FromUtc(2026, 11, 1, 0, 0), Instant.FromUtc(2026, 11, 2, 0, 0), null),
                    TestContext.Current.CancellationToken
                )
        ).Fault;

    [Fact]
    public async Task How_a_till_is_polled_and_heard_is_changed_and_audited()
    {
        await using var bar = await OpenAsync();
        var id = bar.ConnectionId;

        (await LookAsync(bar))
            .At("sync")
            .ToString()
            .ShouldBe("""{"enabled":true,"intervalSeconds":900,"processRules":true,"recentErrors":[]}""");
        (
            await ChangeAsync(
                bar,
                new
                {
                    connectionId = id,
                    syncEnabled = false,
                    syncIntervalSeconds = 60,
                    processRules = false,
                }
            )
        ).At("connection.sync").ToString().ShouldBe("""{"enabled":false,"intervalSeconds":60,"processRules":false,"recentErrors":[]}""");
        (await ChangeAsync(bar, new { connectionId = id, syncIntervalSeconds = (int?)null }))
            .At("connection.sync.intervalSeconds")
            .GetInt32()
            .ShouldBe(900);
        (await ChangeAsync(bar, new { connectionId = id, syncIntervalSeconds = 9 }))
            .At("errors.0")
            .ToString()
            .ShouldBe("""{"code":"INVALID_INPUT","field":"syncIntervalSeconds"}""");
        (await ChangeAsync(bar, new { connectionId = Guid.NewGuid() })).At("errors.0.code").GetString().ShouldBe("NOT_FOUND");

        var off = (await ChangeAsync(bar, new { connectionId = id, enableWebhook = false })).At("connection");
        off.At("webhook.enabled").GetBoolean().ShouldBeFalse();
        off.At("sync.intervalSeconds").GetInt32().ShouldBe(30);
        bar.Square.Subscriptions.All.ShouldBeEmpty();
        (await bar.PostAsync(bar.Event("p1"))).ShouldBe(HttpStatusCode.Forbidden);
        var on = (await ChangeAsync(bar, new { connectionId = id, enableWebhook = true })).At("connection");
        on.At("status").GetString().ShouldBe("CONNECTED");
        (await bar.PostAsync(bar.Event("p2"), key: bar.Square.Subscriptions.All.ShouldHaveSingleItem().SignatureKey)).ShouldBe(
            HttpStatusCode.OK
        );
        (await ChangeAsync(bar, new { connectionId = id, webhookSignatureKey = "pasted-key" }))
            .At("connection.webhook.subscriptionId")
            .ValueKind.ShouldBe(JsonValueKind.Null);
        (await bar.PostAsync(bar.Event("p3"), key: "pasted-key")).ShouldBe(HttpStatusCode.OK);

        var audit = (
            await bar.Owner.DataAsync(
                "{ venue(id: \"bar\") { auditLog(first: 3) { nodes { action userId subject detail } pageInfo { hasNextPage } } } }"
            )
        ).At("venue.auditLog");
        audit
            .At("nodes.0")
            .ToString()
            .ShouldBe(
                $$"""{"action":"updatePosConnection","userId":"moderator","subject":"{{id}}","detail":"webhookSignatureKey: given"}"""
            );
        audit.At("pageInfo.hasNextPage").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_dead_token_turns_the_status_and_a_good_call_turns_it_back()
    {
        await using var bar = await OpenAsync();
        (await CallAsync(bar)).ShouldBeNull();

        bar.Square.Sellers.RevokeToken(bar.Till.Token.Value);
        (await CallAsync(bar)).ShouldNotBeNull().Error.Code.ShouldBe(PosModular.Kernel.Errors.ErrorCode.InvalidCredentials);
        var dead = await LookAsync(bar);
        dead.At("status").GetString().ShouldBe("NEEDS_ATTENTION");
        dead.At("statusReason.code").GetString().ShouldBe("INVALID_CREDENTIALS");
        dead.At("statusReason.message").GetString()!.ShouldContain("connect the till with the new token");
        dead.At("sync.recentErrors.0.code").GetString().ShouldBe("INVALID_CREDENTIALS");

        bar.Square.Sellers.AddToken(bar.Till.Token);
        (await CallAsync(bar)).ShouldBeNull();
        var alive = await LookAsync(bar);
        alive.At("status").GetString().ShouldBe("CONNECTED");
        alive.At("sync.recentErrors").GetArrayLength().ShouldBe(1); // what was stays to be seen
    }

    [Fact]
    public async Task A_provider_that_is_away_for_a_moment_does_not_turn_the_status()
    {
        await using var bar = await OpenAsync();
        bar.Square.Faults.Arm(
            new Fault
            {
                Path = "/v2/payments",
                Status = 500,
                Times = 4,
            }
        );

        (await CallAsync(bar)).ShouldNotBeNull().Error.Code.ShouldBe(PosModular.Kernel.Errors.ErrorCode.ProviderUnavailable);
        var away = await LookAsync(bar);
        away.At("status").GetString().ShouldBe("CONNECTED");
        away.At("sync.recentErrors.0.code").GetString().ShouldBe("PROVIDER_UNAVAILABLE");

        // A quarter of an hour later it is worth a look.
        await bar.SqlAsync<int>("update integrations.pos_connections set last_good_call_at = now() - interval '16 minutes'");
        (await LookAsync(bar)).At("status").GetString().ShouldBe("NEEDS_ATTENTION");
    }

    [Fact]
    public async Task A_till_that_is_cut_off_keeps_its_sales_and_may_move_to_another_venue()
    {
        await using var bar = await OpenAsync();
        await bar.PostAsync(bar.Event("sale-at-the-bar"));

        var cut = await DisconnectAsync(bar, new { venueId = "bar", provider = "SQUARE" });
        cut.At("connection.status").GetString().ShouldBe("DISCONNECTED");
        cut.At("connection.sync.enabled").GetBoolean().ShouldBeFalse();
        bar.Square.Subscriptions.All.ShouldBeEmpty();
        (
            await bar.SqlAsync<bool>(
                "select access_token is null and refresh_token is null and client_secret is null from integrations.pos_connections"
            )
        ).ShouldBeTrue();
        (await bar.PostAsync(bar.Event("sale-after"))).ShouldBe(HttpStatusCode.OK);
        (await bar.SqlAsync<string>("select reason from ingestion.webhook_events where status = 2")).ShouldBe("The till is disconnected.");
        (await CallAsync(bar)).ShouldNotBeNull().Error.Code.ShouldBe(PosModular.Kernel.Errors.ErrorCode.NotFound);
        (await DisconnectAsync(bar, new { venueId = "bar", provider = "SQUARE" })).At("errors.0.code").GetString().ShouldBe("NOT_FOUND");
        (await DisconnectAsync(bar, new { connectionId = bar.ConnectionId })).At("errors").GetArrayLength().ShouldBe(0); // again is no mistake
        (await DisconnectAsync(bar, new { })).At("errors.0.code").GetString().ShouldBe("INVALID_INPUT");

        await bar.RegisterAsync("other-bar", "other-owner");
        var (connection, url, key) = await bar.ConnectAsync("other-bar", bar.Till);
        connection.ShouldNotBe(bar.ConnectionId);
        await bar.PostAsync(bar.Event("sale-at-the-other"), url: url, key: key);
        (
            await bar.SqlAsync<string>(
                "select string_agg(venue_id || ' ' || external_id, ',' order by external_id) from ingestion.transactions"
            )
        ).ShouldBe("bar sale-at-the-bar,other-bar sale-at-the-other");
    }

    [Fact]
    public async Task The_same_till_at_the_same_venue_again_goes_on_where_it_was()
    {
        await using var bar = await OpenAsync();
        await DisconnectAsync(bar, new { connectionId = bar.ConnectionId });

        var (connection, url, key) = await bar.ConnectAsync("bar", bar.Till);

        (connection, url).ShouldBe((bar.ConnectionId, bar.NotificationUrl));
        key.ShouldNotBe(bar.SignatureKey);
        (await bar.PostAsync(bar.Event("p1"), key: key)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_subscription_that_a_disconnect_could_not_delete_is_deleted_later()
    {
        await using var bar = await OpenAsync();
        bar.Square.Faults.Arm(
            new Fault
            {
                Path = "/v2/webhooks",
                Method = "DELETE",
                Status = 500,
                Times = 4,
            }
        );

        (await DisconnectAsync(bar, new { connectionId = bar.ConnectionId })).At("connection.status").GetString().ShouldBe("DISCONNECTED");
        bar.Square.Subscriptions.All.ShouldHaveSingleItem();

        await bar.SqlAsync<int>("update integrations.pos_connections set next_check_at = now()");
        await Wait.UntilAsync(() => bar.Square.Subscriptions.All.Count == 0);
    }

    [Fact]
    public async Task A_host_with_another_public_address_tells_the_provider_and_both_addresses_are_good()
    {
        await using var bar = await OpenAsync();
        const string moved = "https://new.example.test";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        // The host of before is quicker wherever it may be.
        var before = bar.Host.Services.GetRequiredService<ConnectionKeeper>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        var busy = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                    await before.RunAsync(limit.Token);
            },
            limit.Token
        );

        await bar.AddHostAsync(settings: new Dictionary<string, string?>(bar.Settings) { ["Pos:PublicBaseUrl"] = moved });
        await Wait.UntilAsync(async () =>
            bar.Square.Subscriptions.All.Single().NotificationUrl.StartsWith(moved, StringComparison.Ordinal)
            && await bar.SqlAsync<string>("select notification_url from integrations.pos_connections") != bar.NotificationUrl
        );
        await stop.CancelAsync();
        await busy;

        var subscription = bar.Square.Subscriptions.All.Single();
        foreach (var host in bar.Hosts)
        {
            (await bar.PostAsync(bar.Event("old-" + host.Address.Port), host)).ShouldBe(HttpStatusCode.OK);
            (await bar.PostAsync(bar.Event("new-" + host.Address.Port), host, url: subscription.NotificationUrl)).ShouldBe(
                HttpStatusCode.OK
            );
        }
        (await LookAsync(bar)).At("webhook.notificationUrl").GetString().ShouldBe(subscription.NotificationUrl);
    }
}
