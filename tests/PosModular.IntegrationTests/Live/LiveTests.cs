using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Live;

public sealed class LiveTests(TestPostgres postgres)
{
    private const string Added =
        "subscription($venue: ID!, $after: String) { transactionAdded(venueId: $venue, after: $after) { cursor externalId total { amountMinor } } }";
    private const string Changed =
        "subscription($venue: ID!, $after: String) { transactionChanged(venueId: $venue, after: $after) { cursor externalId status refunded { amountMinor } } }";

    [Fact]
    public async Task A_subscriber_that_reconnects_during_a_storm_from_two_hosts_sees_each_sale_once_and_in_order()
    {
        const int storm = 5_000;
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var second = await venue.AddHostAsync();
        var subscriber = await WebSocketSubscriber.StartAsync(venue.Host, venue.Owner.Token!, Added, new { venue = TestVenue.VenueId });
        await venue.WaitForSubscribersAsync();

        var posted = 0;
        async Task PostAsync(int worker)
        {
            while (Interlocked.Increment(ref posted) is var i && i <= storm)
                (
                    await venue.PostWebhookAsync(venue.PaymentEvent($"p{i}", amount: i), (i + worker) % 2 == 0 ? venue.Host : second)
                ).ShouldBe(System.Net.HttpStatusCode.OK);
        }
        var sending = Task.WhenAll(Enumerable.Range(0, 32).Select(PostAsync));

        var seen = new List<(string Cursor, string Id)>();
        string? place = null;
        for (var connection = 0; seen.Count < storm; connection++)
        {
            if (connection > 0)
            {
                // Each time on the other host, from where it was cut off.
                await subscriber.DisposeAsync();
                subscriber = await WebSocketSubscriber.StartAsync(
                    venue.Hosts[connection % 2],
                    venue.Owner.Token!,
                    Added,
                    new { venue = TestVenue.VenueId, after = place }
                );
            }
            for (var i = 0; i < 700 && seen.Count < storm; i++)
            {
                var sale = await subscriber.NextAsync();
                place = sale.At("cursor").GetString();
                seen.Add((place!, sale.At("externalId").GetString()!));
            }
        }
        await sending;
        await subscriber.DisposeAsync();

        seen.Select(s => s.Id).Distinct().Count().ShouldBe(storm);
        seen.Select(s => PosModular.Kernel.Paging.Cursor.DecodeSequence("feed", TestVenue.VenueId, s.Cursor, long.MaxValue))
            .ShouldBeInOrder();
    }

    [Fact]
    public async Task Every_change_comes_in_the_state_it_had_then()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", status: "APPROVED", minute: 1));
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", status: "COMPLETED", minute: 1));
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", status: "COMPLETED", minute: 2));
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", status: "APPROVED", minute: 0)); // too late: no change
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", status: "COMPLETED", minute: 3, refunded: 400));

        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            Changed,
            new { venue = TestVenue.VenueId, after = PosModular.Kernel.Paging.Cursor.EncodeSequence("feed", TestVenue.VenueId, 0) }
        );

        var changes = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            var change = await subscriber.NextAsync();
            changes.Add($"{change.At("externalId")} {change.At("status")} {change.At("refunded.amountMinor")}");
        }
        changes.ShouldBe(["p1 AUTHORIZED 0", "p2 COMPLETED 0", "p1 COMPLETED 0", "p1 PARTIALLY_REFUNDED 400"]);
    }

    [Fact]
    public async Task A_subscription_leaks_no_other_venues_sale()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var other = venue.Simulator.Sellers.AddTill(
            new Simulator.Sellers.TillOrder { LocationId = "OTHERLOCATION", AccessToken = "other-access-token" }
        );
        await venue.RegisterVenueAsync("other-bar", "other-owner");
        var (_, url, key) = await venue.ConnectSquareAsync("other-bar", other);
        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            Added,
            new { venue = TestVenue.VenueId }
        );
        await venue.WaitForSubscribersAsync();

        await venue.PostWebhookAsync(venue.PaymentEvent("theirs", locationId: "OTHERLOCATION"), url: url, key: key);
        await venue.PostWebhookAsync(venue.PaymentEvent("mine"));

        (await subscriber.NextAsync()).At("externalId").GetString().ShouldBe("mine");
    }

    [Fact]
    public async Task A_stranger_or_a_moderator_cannot_subscribe_and_a_bad_cursor_is_told()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

        async Task<string?> RefusalAsync(string token, object variables)
        {
            await using var subscriber = await WebSocketSubscriber.StartAsync(venue.Host, token, Added, variables);
            var (what, value) = await subscriber.ReceiveAsync();
            var errors = what == "error" ? value : value.GetProperty("errors");
            return errors[0].GetProperty("extensions").GetProperty("code").GetString();
        }
        (await RefusalAsync(TestKeys.Token("stranger"), new { venue = TestVenue.VenueId })).ShouldBe("FORBIDDEN");
        (await RefusalAsync(venue.Moderator.Token!, new { venue = TestVenue.VenueId })).ShouldBe("FORBIDDEN");
        (await RefusalAsync(venue.Owner.Token!, new { venue = "nowhere" })).ShouldBe("FORBIDDEN");
        (await RefusalAsync(venue.Owner.Token!, new { venue = TestVenue.VenueId, after = "nonsense" })).ShouldBe("INVALID_INPUT");
        (
            await RefusalAsync(
                venue.Owner.Token!,
                new { venue = TestVenue.VenueId, after = PosModular.Kernel.Paging.Cursor.EncodeSequence("feed", "other-bar", 0) }
            )
        ).ShouldBe("INVALID_INPUT");
        (
            await RefusalAsync(
                venue.Owner.Token!,
                new { venue = TestVenue.VenueId, after = PosModular.Kernel.Paging.Cursor.EncodeSequence("feed", TestVenue.VenueId, 5) }
            )
        ).ShouldBe("INVALID_INPUT");
    }

    [Fact]
    public async Task A_socket_without_a_good_token_is_closed_with_4403()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await using var subscriber = WebSocketSubscriber.BeginConnect(
            venue.Host,
            "no.good.token",
            Added,
            new { venue = TestVenue.VenueId }
        );

        var (what, value) = await subscriber.ReceiveAsync();

        what.ShouldBe("closed");
        value.At("code").GetInt32().ShouldBe(4403);
    }
}
