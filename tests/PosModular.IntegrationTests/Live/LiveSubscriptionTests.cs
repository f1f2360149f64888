using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Live;

public sealed class LiveSubscriptionTests(TestPostgres postgres)
{
    private const string TransactionAddedSubscription = """
        subscription($venue: ID!, $after: String) {
          transactionAdded(venueId: $venue, after: $after) { cursor externalId total { amountMinor } } }
        """;
    private const string TransactionChangedSubscription = """
        subscription($venue: ID!, $after: String) {
          transactionChanged(venueId: $venue, after: $after) { cursor externalId status refunded { amountMinor } } }
        """;

    private static string CursorOf(long seq) => PosModular.Kernel.Paging.Cursor.EncodeSequence("feed", TestVenue.VenueId, seq);

    [Fact]
    public async Task A_subscriber_that_reconnects_under_load_to_two_hosts_receives_each_transaction_once_and_in_order()
    {
        const int paymentCount = 5_000;
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var secondHost = await venue.AddHostAsync();
        var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            TransactionAddedSubscription,
            new { venue = TestVenue.VenueId }
        );
        await venue.WaitForSubscribersAsync();

        var posted = 0;
        async Task PostAsync(int worker)
        {
            while (Interlocked.Increment(ref posted) is var i && i <= paymentCount)
                (
                    await venue.PostWebhookAsync(venue.PaymentEvent($"p{i}", amount: i), (i + worker) % 2 == 0 ? venue.Host : secondHost)
                ).ShouldBe(System.Net.HttpStatusCode.OK);
        }
        var sending = Task.WhenAll(Enumerable.Range(0, 32).Select(PostAsync));

        var received = new List<(string Cursor, string Id)>();
        string? cursor = null;
        for (var connection = 0; received.Count < paymentCount; connection++)
        {
            if (connection > 0)
            {
                // Connects to the other host each time and continues from the last cursor.
                await subscriber.DisposeAsync();
                subscriber = await WebSocketSubscriber.StartAsync(
                    venue.Hosts[connection % 2],
                    venue.Owner.Token!,
                    TransactionAddedSubscription,
                    new { venue = TestVenue.VenueId, after = cursor }
                );
            }
            for (var i = 0; i < 700 && received.Count < paymentCount; i++)
            {
                var transaction = await subscriber.NextAsync();
                cursor = transaction.At("cursor").GetString();
                received.Add((cursor!, transaction.At("externalId").GetString()!));
            }
        }
        await sending;
        await subscriber.DisposeAsync();

        received.Select(s => s.Id).Distinct().Count().ShouldBe(paymentCount);
        received
            .Select(s => PosModular.Kernel.Paging.Cursor.DecodeSequence("feed", TestVenue.VenueId, s.Cursor, long.MaxValue))
            .ShouldBeInOrder();
    }

    [Theory]
    [InlineData("transactionAdded", 1)]
    [InlineData("transactionChanged", 2)]
    public async Task A_replayed_event_shows_the_transaction_as_it_is_now_with_the_cursor_of_the_event(string field, int eventCount)
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 2000, status: "APPROVED", minute: 1));
        await venue.PostWebhookAsync(
            venue.PaymentEvent("p1", amount: 2300, minute: 2, extraFields: "\"tip_money\":{\"amount\":300,\"currency\":\"USD\"},")
        );

        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            $$"""
            subscription($venue: ID!, $after: String) { {{field}}(venueId: $venue, after: $after) {
              cursor status total { amountMinor } tip { amountMinor } history { status total { amountMinor } } } }
            """,
            new { venue = TestVenue.VenueId, after = CursorOf(0) }
        );

        for (var seq = 1; seq <= eventCount; seq++)
            (await subscriber.NextAsync())
                .ToString()
                .ShouldBe(
                    $$$"""
                    {"cursor":"{{{CursorOf(seq)}}}","status":"COMPLETED","total":{"amountMinor":2300},"tip":{"amountMinor":300},"history":[
                    {"status":"AUTHORIZED","total":{"amountMinor":2000}},{"status":"COMPLETED","total":{"amountMinor":2300}}]}
                    """.ReplaceLineEndings("")
                );
    }

    [Fact]
    public async Task Every_change_is_delivered_once_and_in_order()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", status: "APPROVED", minute: 1));
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", status: "COMPLETED", minute: 1));
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", status: "COMPLETED", minute: 2));
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", status: "APPROVED", minute: 0)); // older than the stored state, so no change
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", status: "COMPLETED", minute: 3, refunded: 400));

        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            TransactionChangedSubscription,
            new { venue = TestVenue.VenueId, after = CursorOf(0) }
        );

        var changes = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            var change = await subscriber.NextAsync();
            changes.Add($"{change.At("cursor")} {change.At("externalId")} {change.At("status")} {change.At("refunded.amountMinor")}");
        }
        // The fourth sequence number belongs to the version that was not applied.
        changes.ShouldBe([
            CursorOf(1) + " p1 PARTIALLY_REFUNDED 400",
            CursorOf(2) + " p2 COMPLETED 0",
            CursorOf(3) + " p1 PARTIALLY_REFUNDED 400",
            CursorOf(5) + " p1 PARTIALLY_REFUNDED 400",
        ]);
    }

    [Fact]
    public async Task A_subscription_delivers_no_transaction_of_another_venue()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var otherSeller = venue.Simulator.Sellers.AddSeller(
            new Simulator.Sellers.SellerDraft { LocationId = "OTHERLOCATION", AccessToken = "other-access-token" }
        );
        await venue.RegisterVenueAsync("other-bar", "other-owner");
        var (_, url, key) = await venue.ConnectSquareAsync("other-bar", otherSeller);
        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            TransactionAddedSubscription,
            new { venue = TestVenue.VenueId }
        );
        await venue.WaitForSubscribersAsync();

        await venue.PostWebhookAsync(venue.PaymentEvent("of-other-venue", locationId: "OTHERLOCATION"), url: url, key: key);
        await venue.PostWebhookAsync(venue.PaymentEvent("of-own-venue"));

        (await subscriber.NextAsync()).At("externalId").GetString().ShouldBe("of-own-venue");
    }

    [Fact]
    public async Task Only_an_owner_may_subscribe_and_an_invalid_cursor_is_INVALID_INPUT()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

        async Task<string?> GetErrorCodeAsync(string token, object variables)
        {
            await using var subscriber = await WebSocketSubscriber.StartAsync(venue.Host, token, TransactionAddedSubscription, variables);
            var (messageType, payload) = await subscriber.ReceiveAsync();
            var errors = messageType == "error" ? payload : payload.GetProperty("errors");
            return errors[0].GetProperty("extensions").GetProperty("code").GetString();
        }
        (await GetErrorCodeAsync(TestKeys.Token("stranger"), new { venue = TestVenue.VenueId })).ShouldBe("FORBIDDEN");
        (await GetErrorCodeAsync(venue.Moderator.Token!, new { venue = TestVenue.VenueId })).ShouldBe("FORBIDDEN");
        (await GetErrorCodeAsync(venue.Owner.Token!, new { venue = "nowhere" })).ShouldBe("FORBIDDEN");
        (await GetErrorCodeAsync(venue.Owner.Token!, new { venue = TestVenue.VenueId, after = "nonsense" })).ShouldBe("INVALID_INPUT");
        (
            await GetErrorCodeAsync(
                venue.Owner.Token!,
                new { venue = TestVenue.VenueId, after = PosModular.Kernel.Paging.Cursor.EncodeSequence("feed", "other-bar", 0) }
            )
        ).ShouldBe("INVALID_INPUT");
        (
            await GetErrorCodeAsync(
                venue.Owner.Token!,
                new { venue = TestVenue.VenueId, after = PosModular.Kernel.Paging.Cursor.EncodeSequence("feed", TestVenue.VenueId, 5) }
            )
        ).ShouldBe("INVALID_INPUT");
    }

    [Fact]
    public async Task A_socket_with_an_invalid_token_is_closed_with_4403()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await using var subscriber = WebSocketSubscriber.BeginConnect(
            venue.Host,
            "not.a.token",
            TransactionAddedSubscription,
            new { venue = TestVenue.VenueId }
        );

        var (messageType, payload) = await subscriber.ReceiveAsync();

        messageType.ShouldBe("closed");
        payload.At("code").GetInt32().ShouldBe(4403);
    }

    [Fact]
    public async Task Subscriptions_of_one_document_receive_what_their_own_variables_select()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        const string document = """
            subscription($venue: ID!, $after: String, $withTotal: Boolean!) { transactionAdded(venueId: $venue, after: $after) {
              ...Payment } }
            fragment Payment on Transaction { externalId total @include(if: $withTotal) { amountMinor } }
            """;
        await venue.PostWebhookAsync(venue.PaymentEvent("p0", amount: 100));
        async Task<WebSocketSubscriber> SubscribeAsync(bool withTotal, long after) =>
            await WebSocketSubscriber.StartAsync(
                venue.Host,
                venue.Owner.Token!,
                document,
                new
                {
                    venue = TestVenue.VenueId,
                    after = CursorOf(after),
                    withTotal,
                }
            );
        await using var withTotal = await SubscribeAsync(true, after: 1);
        await using var without = await SubscribeAsync(false, after: 1);
        await using var fromStart = await SubscribeAsync(true, after: 0);
        await venue.WaitForSubscribersAsync(3);

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 200));

        (await fromStart.NextAsync()).ToString().ShouldBe("""{"externalId":"p0","total":{"amountMinor":100}}""");
        (await fromStart.NextAsync()).ToString().ShouldBe("""{"externalId":"p1","total":{"amountMinor":200}}""");
        (await withTotal.NextAsync()).ToString().ShouldBe("""{"externalId":"p1","total":{"amountMinor":200}}""");
        (await without.NextAsync()).ToString().ShouldBe("""{"externalId":"p1"}""");
    }

    [Fact]
    public async Task An_owner_who_is_withdrawn_on_another_host_receives_nothing_that_is_committed_afterwards()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var secondHost = await venue.AddHostAsync();
        async Task SetOwnersAsync(params string[] owners) =>
            await venue.Moderator.GetDataAsync(
                "mutation($o: [ID!]!) { updateVenue(input: { venueId: \"bar\", ownerUserIds: $o }) { errors { code } } }",
                new { o = owners }
            );
        await SetOwnersAsync(TestVenue.OwnerId, "partner");
        await using var partner = await WebSocketSubscriber.StartAsync(
            secondHost,
            TestKeys.Token("partner"),
            TransactionAddedSubscription,
            new { venue = TestVenue.VenueId }
        );
        await venue.WaitForSubscribersAsync();
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        (await partner.NextAsync()).At("externalId").GetString().ShouldBe("p1");

        await SetOwnersAsync(TestVenue.OwnerId);
        await venue.PostWebhookAsync(venue.PaymentEvent("p2"));

        var (type, error) = await partner.ReceiveAsync();
        type.ShouldBe("error", error.ToString());
        error.ToString().ShouldContain("FORBIDDEN");
    }
}
