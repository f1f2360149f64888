using Ingestion.Orders;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Time;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Orders;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Orders;

public sealed class OrderFetchTests(TestPostgres postgres)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly FakeClock _clock = new(Instant.FromUtc(2026, 11, 20, 22, 0));

    private void ConfigureServices(IServiceCollection services)
    {
        AcceleratedTimeProvider.UseForProviders(services);
        services.AddSingleton<IClock>(_clock);
    }

    private async Task<TestVenue> CreateVenueAsync() =>
        await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), ConfigureServices);

    /// <summary>Makes a payment at the simulator without sending its webhook; the test posts it.</summary>
    private static void RingUp(
        TestVenue venue,
        string paymentId,
        long tax,
        long amount = 1000,
        string? orderId = null,
        string? locationId = null
    ) =>
        venue.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = locationId ?? venue.Seller.Location.Id,
                PaymentId = paymentId,
                OrderId = orderId ?? "order-" + paymentId,
                Amount = amount,
                Tax = tax,
                Discount = 10,
                ServiceCharge = 5,
                Captured = true,
                Announce = false,
            }
        );

    private static int CountOrderRequests(TestVenue venue) =>
        venue.Simulator.Requests.Requests.Count(r => r.Path == "/v2/orders/batch-retrieve");

    // The background fetcher of the host fetches too; whichever is first takes the lease.
    private async Task AdvanceAndFetchAsync(TestVenue venue, Duration delay)
    {
        _clock.Advance(delay);
        await venue.Host.Services.GetRequiredService<OrderFetcher>().FetchDueAsync(TestContext.Current.CancellationToken);
    }

    private static Task WaitUntilQueueIsEmptyAsync(TestVenue venue) => Wait.UntilAsync(async () => await GetQueueAsync(venue) == "");

    private static Task<string> GetQueueAsync(TestVenue venue) =>
        venue.SqlAsync<string>(
            "select coalesce(string_agg(order_id || ' ' || attempts, ', ' order by order_id), '') from ingestion.order_fetches"
        );

    [Fact]
    public async Task Tax_and_discount_of_a_payment_are_read_from_its_order_after_the_debounce()
    {
        await using var venue = await CreateVenueAsync();
        RingUp(venue, "p1", tax: 80);
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, status: "APPROVED"));
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, minute: 1));
        (await GetQueueAsync(venue)).ShouldBe("order-p1 0");

        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(2));

        await WaitUntilQueueIsEmptyAsync(venue);
        CountOrderRequests(venue).ShouldBe(1);
        var transaction = (
            await venue.Owner.GetDataAsync(
                """
                { venue(id: "bar") { transactions { nodes { breakdownComplete
                  tax { amountMinor } discount { amountMinor } serviceCharge { amountMinor } subtotal { amountMinor }
                  history { cause causeId breakdownComplete tax { amountMinor } } } } } }
                """
            )
        ).At("venue.transactions.nodes.0");
        (
            transaction.At("breakdownComplete").GetBoolean(),
            transaction.At("tax.amountMinor").GetInt64(),
            transaction.At("discount.amountMinor").GetInt64(),
            transaction.At("serviceCharge.amountMinor").GetInt64(),
            transaction.At("subtotal.amountMinor").GetInt64()
        ).ShouldBe((true, 80, 10, 5, 925));
        transaction
            .At("history.2")
            .ToString()
            .ShouldBe("""{"cause":"ORDER","causeId":"order-p1","breakdownComplete":true,"tax":{"amountMinor":80}}""");
        transaction.At("history.1.breakdownComplete").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task An_order_the_provider_does_not_know_yet_is_retried_with_growing_delays_and_given_up_after_days()
    {
        await using var venue = await CreateVenueAsync();
        RingUp(venue, "p1", tax: 80);
        venue.Simulator.Ledger.HideOrder("order-p1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        var rounds = 0;
        while (await GetQueueAsync(venue) != "")
        {
            await AdvanceAndFetchAsync(venue, Duration.FromDays(1) + Duration.FromSeconds(1));
            rounds++;
            rounds.ShouldBeLessThan(20);
        }

        CountOrderRequests(venue).ShouldBe(10);
        venue.Host.Log.Lines.Count(l => l.Contains("three days", StringComparison.Ordinal)).ShouldBe(1);
        Enumerable
            .Range(1, 9)
            .Aggregate(Duration.Zero, (sum, n) => sum + OrderFetchQueue.RetryDelayAfter(n)!.Value)
            .TotalDays.ShouldBeInRange(2, 4);
    }

    [Fact]
    public async Task An_order_available_later_is_read_then_and_again_when_it_changes()
    {
        await using var venue = await CreateVenueAsync();
        RingUp(venue, "p1", tax: 80);
        venue.Simulator.Ledger.HideOrder("order-p1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(2));
        (await GetQueueAsync(venue)).ShouldBe("order-p1 1");

        venue.Simulator.Ledger.ShowOrder("order-p1");
        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(6));
        await WaitUntilQueueIsEmptyAsync(venue);
        (await venue.SqlAsync<string>("select tax_minor || ' ' || discount_minor from ingestion.transactions")).ShouldBe("80 10");

        venue.Simulator.Ledger.EditOrder("order-p1", new OrderEdit(Discount: 200), announce: false);
        await venue.PostWebhookAsync(venue.Simulator.Ledger.Events("p1")[^1].Body().ToArray());
        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(2));
        await WaitUntilQueueIsEmptyAsync(venue);
        (await venue.SqlAsync<string>("select tax_minor || ' ' || discount_minor from ingestion.transactions")).ShouldBe("80 200");
    }

    [Fact]
    public async Task A_fault_of_the_provider_is_no_attempt_of_an_order_and_Retry_After_is_obeyed()
    {
        await using var venue = await CreateVenueAsync();
        RingUp(venue, "p1", tax: 80);
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/orders",
                Status = 429,
                Headers = new Dictionary<string, string> { ["Retry-After"] = "90" },
            }
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(2));
        await Wait.UntilAsync(() =>
            venue.SqlAsync<bool>(
                "select not exists(select from ingestion.order_fetches where attempts = 0 and due_at < '2026-11-20T22:01Z')"
            )
        );
        (await GetQueueAsync(venue)).ShouldBe("order-p1 0");
        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(80));
        CountOrderRequests(venue).ShouldBe(1);

        venue.Simulator.Faults.Clear();
        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(11));
        await WaitUntilQueueIsEmptyAsync(venue);
        (await venue.SqlAsync<long>("select tax_minor from ingestion.transactions")).ShouldBe(80);
    }

    [Theory]
    [InlineData("""{"errors":[{"category":"API_ERROR","code":"INTERNAL_SERVER_ERROR"}]}""")]
    [InlineData("""{"errors":[{"category":"API_ERROR","code":"INTERNAL_SERVER_ERROR"}],"orders":null}""")]
    [InlineData("[]")]
    [InlineData("""{"orders":{}}""")]
    public async Task A_success_without_a_list_of_orders_is_no_attempt_of_an_order(string body)
    {
        await using var venue = await CreateVenueAsync();
        RingUp(venue, "p1", tax: 80);
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/orders",
                Status = 200,
                Body = body,
            }
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(2));
        await Wait.UntilAsync(async () =>
            await venue.SqlAsync<long>("select count(*) from integrations.connection_errors") > 0
            && await venue.SqlAsync<bool>("select bool_and(due_at < '2026-11-20T22:00:30Z') from ingestion.order_fetches")
        );
        (await GetQueueAsync(venue)).ShouldBe("order-p1 0");

        venue.Simulator.Faults.Clear();
        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(11));
        await WaitUntilQueueIsEmptyAsync(venue);
        (await venue.SqlAsync<long>("select tax_minor from ingestion.transactions")).ShouldBe(80);
    }

    [Fact]
    public async Task An_order_that_the_database_refuses_delays_no_other_and_counts_as_missing_only_if_a_neighbour_was_stored()
    {
        await using var venue = await CreateVenueAsync();
        await venue.SqlAsync<object?>("alter table ingestion.transactions add constraint refused check (tax_minor <> 66)");
        RingUp(venue, "good", tax: 80);
        RingUp(venue, "bad", tax: 66);
        await venue.PostWebhookAsync(venue.PaymentEvent("good", amount: 1000));
        await venue.PostWebhookAsync(venue.PaymentEvent("bad", amount: 1000));

        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(2));
        await WaitForRetryOfAttemptAsync(1);
        (await venue.SqlAsync<long>("select sum(tax_minor)::bigint from ingestion.transactions")).ShouldBe(80);

        // Alone it may be the table that is at fault: the order is tried again without counting against it.
        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(10));
        await Wait.UntilAsync(() => venue.Host.Log.Lines.Any(l => l.Contains("23514", StringComparison.Ordinal)), Timeout);
        await WaitForRetryOfAttemptAsync(1);

        // A lease lasts one minute; the second retry delay is a quarter of that.
        async Task WaitForRetryOfAttemptAsync(int attempts)
        {
            var leaseEnd = (_clock.GetCurrentInstant() + Duration.FromSeconds(20)).ToString();
            await Wait.UntilAsync(
                async () =>
                    await GetQueueAsync(venue) == $"order-bad {attempts}"
                    && await venue.SqlAsync<bool>($"select bool_and(due_at < '{leaseEnd}') from ingestion.order_fetches"),
                Timeout
            );
        }
    }

    // Orders fetched together are written in one commit; when it fails, the orders of each connection are written separately.
    [Fact]
    public async Task Orders_that_the_database_refuses_and_a_locked_feed_delay_no_other_venue()
    {
        await using var venue = await CreateVenueAsync();
        await venue.SqlAsync<object?>("alter table ingestion.transactions add constraint refused check (tax_minor <> 66)");
        string[] venues = ["good-1", "good-2", "good-3", "bad", "locked", "good-4", "good-5", "good-6"];
        foreach (var venueData in venues)
        {
            await venue.RegisterVenueAsync(venueData, TestVenue.OwnerId);
            var seller = venue.Simulator.Sellers.AddSeller(
                new SellerDraft
                {
                    LocationId = "AT-" + venueData,
                    AccessToken = "token-" + venueData,
                    Currency = "USD",
                }
            );
            var (_, url, key) = await venue.ConnectSquareAsync(venueData, seller);
            RingUp(venue, venueData, tax: venueData == "bad" ? 66 : 80, locationId: seller.Location.Id);
            await venue.PostWebhookAsync(venue.PaymentEvent(venueData, locationId: seller.Location.Id), url: url, key: key);
        }
        await using var lockHolder = new NpgsqlConnection(venue.Database);
        await lockHolder.OpenAsync(TestContext.Current.CancellationToken);
        await using var lockFeed = new NpgsqlCommand(
            "begin; select from ingestion.feed_heads where venue_id = 'locked' for update",
            lockHolder
        );
        await lockFeed.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await AdvanceAndFetchAsync(venue, Duration.FromSeconds(2));
        // Written without a neighbour, the bad order is tried again without counting.
        await Wait.UntilAsync(
            async () => await GetQueueAsync(venue) is "order-bad 0, order-locked 1" or "order-bad 1, order-locked 1",
            Timeout
        );
        (
            await venue.SqlAsync<string>("select count(*) || ' ' || sum(tax_minor) from ingestion.transactions where breakdown_complete")
        ).ShouldBe("6 480");

        await lockHolder.CloseAsync();
        await AdvanceAndFetchAsync(venue, Duration.FromMinutes(2)); // the lease has expired
        await Wait.UntilAsync(async () => await GetQueueAsync(venue) is "order-bad 0" or "order-bad 1" or "order-bad 2", Timeout);
        (
            await venue.SqlAsync<string>(
                $"select count(*) || ' ' || count(*) filter (where cause = {VersionCause.Order:D}) from ingestion.transaction_versions"
            )
        ).ShouldBe("15 7");
    }

    [Fact]
    public async Task Orders_of_a_disconnected_location_are_not_fetched()
    {
        await using var venue = await CreateVenueAsync();
        RingUp(venue, "p1", tax: 80);
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        (
            await venue.Moderator.GetDataAsync(
                "mutation($id: ID!) { disconnectPos(input: { connectionId: $id }) { errors { code } } }",
                new { id = venue.ConnectionId }
            )
        )
            .At("disconnectPos.errors")
            .GetArrayLength()
            .ShouldBe(0);
        await AdvanceAndFetchAsync(venue, Duration.FromMinutes(5));

        CountOrderRequests(venue).ShouldBe(0);
        (await GetQueueAsync(venue)).ShouldBe("order-p1 0");
    }

    [Fact]
    public async Task Two_hosts_share_the_queue_and_a_later_payment_of_an_order_recalculates_all_shares()
    {
        await using var venue = await CreateVenueAsync();
        var otherHost = await venue.AddHostAsync(ConfigureServices);
        for (var i = 0; i < 250; i++)
            RingUp(venue, $"p{i}", tax: i);
        await Task.WhenAll(Enumerable.Range(0, 250).Select(i => venue.PostWebhookAsync(venue.PaymentEvent($"p{i}"))));
        _clock.Advance(Duration.FromSeconds(2));
        await Wait.UntilAsync(async () =>
        {
            await Task.WhenAll(
                venue.Hosts.Select(h => h.Services.GetRequiredService<OrderFetcher>().FetchDueAsync(TestContext.Current.CancellationToken))
            );
            return await GetQueueAsync(venue) == "";
        });

        // Square refuses more than 100 orders in one call; each order was written once.
        venue.Simulator.Requests.Requests.Where(r => r.Path == "/v2/orders/batch-retrieve").ShouldAllBe(r => r.Status == 200);
        (await venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions where cause_id like 'order-%'")).ShouldBe(250);
        (await venue.SqlAsync<decimal>("select sum(tax_minor) from ingestion.transactions where breakdown_complete")).ShouldBe(
            249 * 250 / 2
        );

        RingUp(venue, "p-second", tax: 0, amount: 3000, orderId: "order-p200");
        var secondPayment = System
            .Text.Encoding.UTF8.GetString(venue.PaymentEvent("p-second", amount: 3000))
            .Replace("order-p-second", "order-p200", StringComparison.Ordinal);
        await venue.PostWebhookAsync(System.Text.Encoding.UTF8.GetBytes(secondPayment), otherHost);
        _clock.Advance(Duration.FromSeconds(2));
        await Wait.UntilAsync(async () =>
        {
            await venue.Host.Services.GetRequiredService<OrderFetcher>().FetchDueAsync(TestContext.Current.CancellationToken);
            return await GetQueueAsync(venue) == "";
        });
        (
            await venue.SqlAsync<string>(
                """
                select string_agg(tax_minor::text, ' ' order by external_id)
                from ingestion.transactions where external_order_id = 'order-p200'
                """
            )
        ).ShouldBe("150 50");
    }

    [Fact]
    public async Task An_order_requested_again_while_it_is_being_fetched_stays_in_the_queue()
    {
        await using var venue = await CreateVenueAsync();
        var queue = venue.Host.Services.GetRequiredService<OrderFetchQueue>();
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        // Claims at a time two seconds ahead of the host's clock, which stands still, so the background fetcher finds nothing due.
        var claimed = await queue.ClaimAsync(
            [new PosConnectionDetails(venue.ConnectionId, TestVenue.VenueId, Provider.Square, "merchant")],
            _clock.Now() + Duration.FromSeconds(2),
            TestContext.Current.CancellationToken
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 7000, minute: 3)); // another amount changes the shares

        await using var connection = await venue
            .Host.Services.GetRequiredService<NpgsqlDataSource>()
            .OpenConnectionAsync(TestContext.Current.CancellationToken);
        await OrderFetchQueue.CompleteAsync(connection, claimed, [], _clock.Now(), TestContext.Current.CancellationToken);

        (await GetQueueAsync(venue)).ShouldBe("order-p1 0");
    }
}
