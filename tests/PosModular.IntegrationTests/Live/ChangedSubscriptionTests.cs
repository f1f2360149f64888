using System.Diagnostics;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Live;

/// <summary>The subscriptions revenueChanged and connectionChanged.</summary>
public sealed class ChangedSubscriptionTests(TestPostgres postgres)
{
    private const string RevenueSubscription = """
        subscription { revenueChanged(venueId: "bar") { period count total { amountMinor } pendingChanges byTier { key count } } }
        """;
    private const string ConnectionSubscription = """
        subscription { connectionChanged(venueId: "bar") { id status statusReason { code } sync { intervalSeconds } } }
        """;

    private static string Now => DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);

    private static async Task SetOwnersAsync(TestVenue venue, params string[] owners) =>
        await venue.Moderator.GetDataAsync(
            "mutation($o: [ID!]!) { updateVenue(input: { venueId: \"bar\", ownerUserIds: $o }) { errors { code } } }",
            new { o = owners }
        );

    [Fact]
    public async Task Revenue_comes_at_once_and_then_at_most_once_a_second_until_it_holds_every_payment()
    {
        const int paymentCount = 120;
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var secondHost = await venue.AddHostAsync();
        await venue.RegisterVenueAsync("other", TestVenue.OwnerId);
        await using var subscriber = await WebSocketSubscriber.StartAsync(secondHost, venue.Owner.Token!, RevenueSubscription);
        (await subscriber.NextAsync())
            .ToString()
            .ShouldBe("""{"period":"DAY","count":0,"total":{"amountMinor":0},"pendingChanges":0,"byTier":[]}""");

        var startedAt = Stopwatch.GetTimestamp();
        for (var i = 1; i <= paymentCount; i++)
            await venue.PostWebhookAsync(venue.PaymentEvent($"p{i}", amount: 10, createdAt: Now));
        var (events, count) = (0, 0L);
        while (count < paymentCount)
        {
            var revenue = await subscriber.NextAsync();
            revenue.At("count").GetInt64().ShouldBeGreaterThanOrEqualTo(count);
            (count, events) = (revenue.At("count").GetInt64(), events + 1);
            revenue.At("total.amountMinor").GetInt64().ShouldBe(count * 10);
        }

        events.ShouldBeLessThanOrEqualTo((int)Stopwatch.GetElapsedTime(startedAt).TotalSeconds + 1);
    }

    [Fact]
    public async Task An_owner_who_is_withdrawn_on_another_host_receives_no_revenue_that_is_committed_afterwards()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var secondHost = await venue.AddHostAsync();
        await SetOwnersAsync(venue, TestVenue.OwnerId, "partner");
        await using var partner = await WebSocketSubscriber.StartAsync(secondHost, TestKeys.Token("partner"), RevenueSubscription);
        (await partner.NextAsync()).At("count").GetInt64().ShouldBe(0);

        await SetOwnersAsync(venue, TestVenue.OwnerId);
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", createdAt: Now));

        var (type, error) = await partner.ReceiveAsync();
        type.ShouldBe("error", error.ToString());
        error.ToString().ShouldContain("FORBIDDEN");
    }

    [Fact]
    public async Task Connections_come_first_as_they_are_and_then_whenever_their_settings_or_health_change_on_any_host()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var secondHost = await venue.AddHostAsync();
        var otherSeller = venue.Simulator.Sellers.AddSeller(
            new Simulator.Sellers.SellerDraft { LocationId = "OTHERLOCATION", AccessToken = "other-access-token" }
        );
        await venue.RegisterVenueAsync("other-bar", "other-owner");
        await using var subscriber = await WebSocketSubscriber.StartAsync(secondHost, venue.Moderator.Token!, ConnectionSubscription);
        async Task<string> NextAsync(Func<string, bool> isExpected)
        {
            // Times that are not part of the selection may have changed in between.
            while (true)
                if ((await subscriber.NextAsync()).ToString() is var connection && isExpected(connection))
                    return connection;
        }
        (await NextAsync(_ => true)).ShouldBe(
            $$$"""{"id":"{{{venue.ConnectionId}}}","status":"CONNECTED","statusReason":null,"sync":{"intervalSeconds":900}}"""
        );

        await venue.ConnectSquareAsync("other-bar", otherSeller); // another venue's connection is not shown
        await venue.Moderator.GetDataAsync(
            "mutation($c: ID!) { updatePosConnection(input: { connectionId: $c, syncIntervalSeconds: 60 }) { errors { code } } }",
            new { c = venue.ConnectionId }
        );
        (await NextAsync(c => c.Contains("\"intervalSeconds\":60", StringComparison.Ordinal))).ShouldContain(venue.ConnectionId.ToString());

        // The health of a connection is recorded without a signal.
        await venue.SqlAsync<int>(
            "update integrations.pos_connections set last_error_at = now(), last_error_code = 'InvalidCredentials', "
                + "last_error_message = 'Refused.' where venue_id = 'bar'"
        );
        (await NextAsync(c => c.Contains("NEEDS_ATTENTION", StringComparison.Ordinal))).ShouldContain("INVALID_CREDENTIALS");

        await venue.Moderator.GetDataAsync(
            "mutation($c: ID!) { disconnectPos(input: { connectionId: $c }) { errors { code } } }",
            new { c = venue.ConnectionId }
        );
        (await NextAsync(c => c.Contains("DISCONNECTED", StringComparison.Ordinal))).ShouldContain(venue.ConnectionId.ToString());
    }

    [Fact]
    public async Task An_owner_who_is_withdrawn_receives_no_connection_that_changes_afterwards()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var secondHost = await venue.AddHostAsync();
        await SetOwnersAsync(venue, TestVenue.OwnerId, "partner");
        await using var partner = await WebSocketSubscriber.StartAsync(secondHost, TestKeys.Token("partner"), ConnectionSubscription);
        (await partner.NextAsync()).At("status").GetString().ShouldBe("CONNECTED");

        await SetOwnersAsync(venue, TestVenue.OwnerId);
        await venue.Moderator.GetDataAsync(
            "mutation($c: ID!) { updatePosConnection(input: { connectionId: $c, syncIntervalSeconds: 60 }) { errors { code } } }",
            new { c = venue.ConnectionId }
        );

        var (type, error) = await partner.ReceiveAsync();
        type.ShouldBe("error", error.ToString());
        error.ToString().ShouldContain("FORBIDDEN");
    }
}
