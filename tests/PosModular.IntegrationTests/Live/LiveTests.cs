using PosModular.IntegrationTests.House;
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
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        var second = await bar.AddHostAsync();
        var subscriber = await Subscriber.StartAsync(bar.Host, bar.Owner.Token!, Added, new { venue = Bar.VenueId });
        await bar.SubscribedAsync();

        var posted = 0;
        async Task PostAsync(int worker)
        {
            while (Interlocked.Increment(ref posted) is var i && i <= storm)
                (await bar.PostAsync(bar.Event($"p{i}", amount: i), (i + worker) % 2 == 0 ? bar.Host : second)).ShouldBe(
                    System.Net.HttpStatusCode.OK
                );
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
                subscriber = await Subscriber.StartAsync(
                    bar.Hosts[connection % 2],
                    bar.Owner.Token!,
                    Added,
                    new { venue = Bar.VenueId, after = place }
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
        seen.Select(s => PosModular.Kernel.Paging.Cursor.DecodeSequence("feed", Bar.VenueId, s.Cursor, long.MaxValue)).ShouldBeInOrder();
    }

    [Fact]
    public async Task Every_change_comes_in_the_state_it_had_then()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.PostAsync(bar.Event("p1", status: "APPROVED", minute: 1));
        await bar.PostAsync(bar.Event("p2", status: "COMPLETED", minute: 1));
        await bar.PostAsync(bar.Event("p1", status: "COMPLETED", minute: 2));
        await bar.PostAsync(bar.Event("p1", status: "APPROVED", minute: 0)); // too late: no change
        await bar.PostAsync(bar.Event("p1", status: "COMPLETED", minute: 3, refunded: 400));

        await using var subscriber = await Subscriber.StartAsync(
            bar.Host,
            bar.Owner.Token!,
            Changed,
            new { venue = Bar.VenueId, after = PosModular.Kernel.Paging.Cursor.EncodeSequence("feed", Bar.VenueId, 0) }
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
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        var other = bar.Square.Sellers.AddTill(
            new Simulator.Sellers.TillOrder { LocationId = "OTHERLOCATION", AccessToken = "other-access-token" }
        );
        await bar.RegisterAsync("other-bar", "other-owner");
        var (_, url, key) = await bar.ConnectAsync("other-bar", other);
        await using var subscriber = await Subscriber.StartAsync(bar.Host, bar.Owner.Token!, Added, new { venue = Bar.VenueId });
        await bar.SubscribedAsync();

        await bar.PostAsync(bar.Event("theirs", locationId: "OTHERLOCATION"), url: url, key: key);
        await bar.PostAsync(bar.Event("mine"));

        (await subscriber.NextAsync()).At("externalId").GetString().ShouldBe("mine");
    }

    [Fact]
    public async Task A_stranger_or_a_moderator_cannot_subscribe_and_a_bad_cursor_is_told()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());

        async Task<string?> RefusalAsync(string token, object variables)
        {
            await using var subscriber = await Subscriber.StartAsync(bar.Host, token, Added, variables);
            var (what, value) = await subscriber.HearAsync();
            var errors = what == "error" ? value : value.GetProperty("errors");
            return errors[0].GetProperty("extensions").GetProperty("code").GetString();
        }
        (await RefusalAsync(TestKeys.Token("stranger"), new { venue = Bar.VenueId })).ShouldBe("FORBIDDEN");
        (await RefusalAsync(bar.Moderator.Token!, new { venue = Bar.VenueId })).ShouldBe("FORBIDDEN");
        (await RefusalAsync(bar.Owner.Token!, new { venue = "nowhere" })).ShouldBe("FORBIDDEN");
        (await RefusalAsync(bar.Owner.Token!, new { venue = Bar.VenueId, after = "nonsense" })).ShouldBe("INVALID_INPUT");
        (
            await RefusalAsync(
                bar.Owner.Token!,
                new { venue = Bar.VenueId, after = PosModular.Kernel.Paging.Cursor.EncodeSequence("feed", "other-bar", 0) }
            )
        ).ShouldBe("INVALID_INPUT");
        (
            await RefusalAsync(
                bar.Owner.Token!,
                new { venue = Bar.VenueId, after = PosModular.Kernel.Paging.Cursor.EncodeSequence("feed", Bar.VenueId, 5) }
            )
        ).ShouldBe("INVALID_INPUT");
    }

    [Fact]
    public async Task A_socket_without_a_good_token_is_closed_with_4403()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await using var subscriber = Subscriber.Knock(bar.Host, "no.good.token", Added, new { venue = Bar.VenueId });

        var (what, value) = await subscriber.HearAsync();

        what.ShouldBe("closed");
        value.At("code").GetInt32().ShouldBe(4403);
    }
}
