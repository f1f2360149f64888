using System.Net;
using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Faults;

namespace PosModular.IntegrationTests.Connections;

/// <summary>A connection from its first day to its last: updated, monitored, disconnected, connected to another venue.</summary>
public sealed class ConnectionLifecycleTests(TestPostgres postgres)
{
    private const string Fields = """
        id status statusReason { code message } lastGoodCallAt disconnectedAt
        webhook { enabled notificationUrl subscriptionId lastEventAt refusedSignatures lastRefusal }
        sync { enabled intervalSeconds processRules recentErrors { code } }
        """;

    private async Task<TestVenue> OpenAsync() =>
        await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), AcceleratedTimeProvider.UseForProviders);

    private static async Task<JsonElement> UpdateAsync(TestVenue venue, object input) =>
        (
            await venue.Moderator.GetDataAsync(
                $"mutation($input: UpdatePosConnectionInput!) {{ updatePosConnection(input: $input) {{ connection {{ {Fields} }} "
                    + "errors { code field } } }",
                new { input }
            )
        ).GetProperty("updatePosConnection");

    private static async Task<JsonElement> DisconnectAsync(TestVenue venue, object input) =>
        (
            await venue.Moderator.GetDataAsync(
                $"mutation($input: DisconnectPosInput!) {{ disconnectPos(input: $input) {{ connection {{ {Fields} }} errors {{ code "
                    + "field } } }",
                new { input }
            )
        ).GetProperty("disconnectPos");

    private static async Task<JsonElement> GetConnectionAsync(TestVenue venue) =>
        (await venue.Moderator.GetDataAsync($"{{ venue(id: \"bar\") {{ posConnections {{ {Fields} }} }} }}")).At("venue.posConnections.0");

    /// <summary>Calls the provider as a sync does; null on success.</summary>
    private static async Task<ProviderFault?> FetchPageAsync(TestVenue venue) =>
        (
            await venue
                .Host.Services.GetRequiredService<IPosConnections>()
                .FetchPageAsync(
                    venue.ConnectionId,
                    new PageRequest("payments-updated", Instant.FromUtc(2026, 11, 1, 0, 0), Instant.FromUtc(2026, 11, 2, 0, 0), null),
                    TestContext.Current.CancellationToken
                )
        ).Fault;

    [Fact]
    public async Task Sync_and_webhook_settings_are_updated_and_audited()
    {
        await using var venue = await OpenAsync();
        var id = venue.ConnectionId;

        (await GetConnectionAsync(venue))
            .At("sync")
            .ToString()
            .ShouldBe("""{"enabled":true,"intervalSeconds":900,"processRules":true,"recentErrors":[]}""");
        (
            await UpdateAsync(
                venue,
                new
                {
                    connectionId = id,
                    syncEnabled = false,
                    syncIntervalSeconds = 60,
                    processRules = false,
                }
            )
        ).At("connection.sync").ToString().ShouldBe("""{"enabled":false,"intervalSeconds":60,"processRules":false,"recentErrors":[]}""");
        (await UpdateAsync(venue, new { connectionId = id, syncIntervalSeconds = (int?)null }))
            .At("connection.sync.intervalSeconds")
            .GetInt32()
            .ShouldBe(900);
        (await UpdateAsync(venue, new { connectionId = id, syncIntervalSeconds = 9 }))
            .At("errors.0")
            .ToString()
            .ShouldBe("""{"code":"INVALID_INPUT","field":"syncIntervalSeconds"}""");
        (await UpdateAsync(venue, new { connectionId = Guid.NewGuid() })).At("errors.0.code").GetString().ShouldBe("NOT_FOUND");

        var off = (await UpdateAsync(venue, new { connectionId = id, enableWebhook = false })).At("connection");
        off.At("webhook.enabled").GetBoolean().ShouldBeFalse();
        off.At("sync.intervalSeconds").GetInt32().ShouldBe(30);
        venue.Simulator.Subscriptions.All.ShouldBeEmpty();
        (await venue.PostWebhookAsync(venue.PaymentEvent("p1"))).ShouldBe(HttpStatusCode.Forbidden);
        var on = (await UpdateAsync(venue, new { connectionId = id, enableWebhook = true })).At("connection");
        on.At("status").GetString().ShouldBe("CONNECTED");
        (
            await venue.PostWebhookAsync(
                venue.PaymentEvent("p2"),
                key: venue.Simulator.Subscriptions.All.ShouldHaveSingleItem().SignatureKey
            )
        ).ShouldBe(HttpStatusCode.OK);
        (await UpdateAsync(venue, new { connectionId = id, webhookSignatureKey = "pasted-key" }))
            .At("connection.webhook.subscriptionId")
            .ValueKind.ShouldBe(JsonValueKind.Null);
        (await venue.PostWebhookAsync(venue.PaymentEvent("p3"), key: "pasted-key")).ShouldBe(HttpStatusCode.OK);

        var audit = (
            await venue.Owner.GetDataAsync(
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
    public async Task An_invalid_token_sets_NEEDS_ATTENTION_and_a_successful_call_sets_CONNECTED_again()
    {
        await using var venue = await OpenAsync();
        (await FetchPageAsync(venue)).ShouldBeNull();

        venue.Simulator.Sellers.RevokeToken(venue.Seller.Token.Value);
        (await FetchPageAsync(venue)).ShouldNotBeNull().Error.Code.ShouldBe(PosModular.Kernel.Errors.ErrorCode.InvalidCredentials);
        var afterRevocation = await GetConnectionAsync(venue);
        afterRevocation.At("status").GetString().ShouldBe("NEEDS_ATTENTION");
        afterRevocation.At("statusReason.code").GetString().ShouldBe("INVALID_CREDENTIALS");
        afterRevocation.At("statusReason.message").GetString()!.ShouldContain("connect the location with the new token");
        afterRevocation.At("sync.recentErrors.0.code").GetString().ShouldBe("INVALID_CREDENTIALS");

        venue.Simulator.Sellers.AddToken(venue.Seller.Token);
        (await FetchPageAsync(venue)).ShouldBeNull();
        var afterRecovery = await GetConnectionAsync(venue);
        afterRecovery.At("status").GetString().ShouldBe("CONNECTED");
        afterRecovery.At("sync.recentErrors").GetArrayLength().ShouldBe(1); // past errors stay visible
    }

    [Fact]
    public async Task A_brief_outage_of_the_provider_does_not_change_the_status()
    {
        await using var venue = await OpenAsync();
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/payments",
                Status = 500,
                Times = 4,
            }
        );

        (await FetchPageAsync(venue)).ShouldNotBeNull().Error.Code.ShouldBe(PosModular.Kernel.Errors.ErrorCode.ProviderUnavailable);
        var connection = await GetConnectionAsync(venue);
        connection.At("status").GetString().ShouldBe("CONNECTED");
        connection.At("sync.recentErrors.0.code").GetString().ShouldBe("PROVIDER_UNAVAILABLE");

        // After a quarter of an hour without a successful call it needs attention.
        await venue.SqlAsync<int>("update integrations.pos_connections set last_good_call_at = now() - interval '16 minutes'");
        (await GetConnectionAsync(venue)).At("status").GetString().ShouldBe("NEEDS_ATTENTION");
    }

    [Fact]
    public async Task A_disconnected_location_keeps_its_transactions_and_can_be_connected_to_another_venue()
    {
        await using var venue = await OpenAsync();
        await venue.PostWebhookAsync(venue.PaymentEvent("payment-at-the-bar"));

        var disconnected = await DisconnectAsync(venue, new { venueId = "bar", provider = "SQUARE" });
        disconnected.At("connection.status").GetString().ShouldBe("DISCONNECTED");
        disconnected.At("connection.sync.enabled").GetBoolean().ShouldBeFalse();
        venue.Simulator.Subscriptions.All.ShouldBeEmpty();
        (
            await venue.SqlAsync<bool>(
                "select access_token is null and refresh_token is null and client_secret is null from integrations.pos_connections"
            )
        ).ShouldBeTrue();
        (await venue.PostWebhookAsync(venue.PaymentEvent("payment-after-disconnect"))).ShouldBe(HttpStatusCode.OK);
        (await venue.SqlAsync<string>("select reason from ingestion.webhook_events where status = 2")).ShouldBe(
            "The location is disconnected."
        );
        (await FetchPageAsync(venue)).ShouldNotBeNull().Error.Code.ShouldBe(PosModular.Kernel.Errors.ErrorCode.NotFound);
        (await DisconnectAsync(venue, new { venueId = "bar", provider = "SQUARE" })).At("errors.0.code").GetString().ShouldBe("NOT_FOUND");
        // Disconnecting by id again is not an error.
        (await DisconnectAsync(venue, new { connectionId = venue.ConnectionId })).At("errors").GetArrayLength().ShouldBe(0);
        (await DisconnectAsync(venue, new { })).At("errors.0.code").GetString().ShouldBe("INVALID_INPUT");

        await venue.RegisterVenueAsync("other-bar", "other-owner");
        var (connection, url, key) = await venue.ConnectSquareAsync("other-bar", venue.Seller);
        connection.ShouldNotBe(venue.ConnectionId);
        await venue.PostWebhookAsync(venue.PaymentEvent("payment-at-the-other"), url: url, key: key);
        (
            await venue.SqlAsync<string>(
                "select string_agg(venue_id || ' ' || external_id, ',' order by external_id) from ingestion.transactions"
            )
        ).ShouldBe("bar payment-at-the-bar,other-bar payment-at-the-other");
    }

    [Fact]
    public async Task A_location_reconnected_to_its_venue_keeps_its_connection_and_webhook_address()
    {
        await using var venue = await OpenAsync();
        await DisconnectAsync(venue, new { connectionId = venue.ConnectionId });

        var (connection, url, key) = await venue.ConnectSquareAsync("bar", venue.Seller);

        (connection, url).ShouldBe((venue.ConnectionId, venue.NotificationUrl));
        key.ShouldNotBe(venue.SignatureKey);
        (await venue.PostWebhookAsync(venue.PaymentEvent("p1"), key: key)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_subscription_that_could_not_be_deleted_on_disconnect_is_deleted_later()
    {
        await using var venue = await OpenAsync();
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/webhooks",
                Method = "DELETE",
                Status = 500,
                Times = 4,
            }
        );

        (await DisconnectAsync(venue, new { connectionId = venue.ConnectionId }))
            .At("connection.status")
            .GetString()
            .ShouldBe("DISCONNECTED");
        venue.Simulator.Subscriptions.All.ShouldHaveSingleItem();

        await venue.SqlAsync<int>("update integrations.pos_connections set next_check_at = now()");
        await Wait.UntilAsync(() => venue.Simulator.Subscriptions.All.Count == 0);
    }

    [Fact]
    public async Task A_host_with_another_public_address_updates_the_subscription_and_both_addresses_work()
    {
        await using var venue = await OpenAsync();
        const string newAddress = "https://new.example.test";
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        // The old host runs its maintenance without a pause, so that it would win every race.
        var oldHostMaintenance = venue.Host.Services.GetRequiredService<ConnectionMaintenance>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token);
        var maintenance = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                    await oldHostMaintenance.RunAsync(timeout.Token);
            },
            timeout.Token
        );

        await venue.AddHostAsync(settings: new Dictionary<string, string?>(venue.Settings) { ["Pos:PublicBaseUrl"] = newAddress });
        await Wait.UntilAsync(async () =>
            venue.Simulator.Subscriptions.All.Single().NotificationUrl.StartsWith(newAddress, StringComparison.Ordinal)
            && await venue.SqlAsync<string>("select notification_url from integrations.pos_connections") != venue.NotificationUrl
        );
        await stop.CancelAsync();
        await maintenance;

        var subscription = venue.Simulator.Subscriptions.All.Single();
        foreach (var host in venue.Hosts)
        {
            (await venue.PostWebhookAsync(venue.PaymentEvent("old-" + host.Address.Port), host)).ShouldBe(HttpStatusCode.OK);
            (
                await venue.PostWebhookAsync(venue.PaymentEvent("new-" + host.Address.Port), host, url: subscription.NotificationUrl)
            ).ShouldBe(HttpStatusCode.OK);
        }
        (await GetConnectionAsync(venue)).At("webhook.notificationUrl").GetString().ShouldBe(subscription.NotificationUrl);
    }
}
