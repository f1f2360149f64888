using Ingestion.Orders;
using Integrations.Contracts;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Time;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Orders;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Orders;

public sealed class OrderFetchTests(TestPostgres postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeClock _clock = new(Instant.FromUtc(2026, 11, 20, 22, 0));

    private void Adjust(IServiceCollection services)
    {
        HurriedTime.ForProviders(services);
        services.AddSingleton<IClock>(_clock);
    }

    private async Task<Bar> OpenAsync() => await Bar.OpenAsync(await postgres.CreateDatabaseAsync(), Adjust);

    /// <summary>Rung up at the till, whose webhook is posted by the test.</summary>
    private static void RingUp(Bar bar, string payment, long tax, long amount = 1000, string? order = null, string? location = null) =>
        bar.Square.Ledger.AddSale(
            new Sale
            {
                LocationId = location ?? bar.Till.Location.Id,
                PaymentId = payment,
                OrderId = order ?? "order-" + payment,
                Amount = amount,
                Tax = tax,
                Discount = 10,
                ServiceCharge = 5,
                Captured = true,
                Announce = false,
            }
        );

    private static int Asked(Bar bar) => bar.Square.Requests.Requests.Count(r => r.Path == "/v2/orders/batch-retrieve");

    // The host fetches by itself too; whoever is first has the lease.
    private async Task FetchAsync(Bar bar, Duration later)
    {
        _clock.Advance(later);
        await bar.Host.Services.GetRequiredService<OrderFetcher>().FetchDueAsync(TestContext.Current.CancellationToken);
    }

    private static Task WhenFetchedAsync(Bar bar) => Wait.UntilAsync(async () => await QueueAsync(bar) == "");

    private static Task<string> QueueAsync(Bar bar) =>
        bar.SqlAsync<string>(
            "select coalesce(string_agg(order_id || ' ' || attempts, ', ' order by order_id), '') from ingestion.order_fetches"
        );

    [Fact]
    public async Task A_sales_tax_and_discount_are_read_from_its_order_a_moment_later()
    {
        await using var bar = await OpenAsync();
        RingUp(bar, "p1", tax: 80);
        await bar.PostAsync(bar.Event("p1", amount: 1000, status: "APPROVED"));
        await bar.PostAsync(bar.Event("p1", amount: 1000, minute: 1));
        (await QueueAsync(bar)).ShouldBe("order-p1 0");

        await FetchAsync(bar, Duration.FromSeconds(2));

        await WhenFetchedAsync(bar);
        Asked(bar).ShouldBe(1);
        var sale = (
            await bar.Owner.DataAsync(
                """
                { venue(id: "bar") { transactions { nodes { breakdownComplete tax { amountMinor } discount { amountMinor } serviceCharge { amountMinor } subtotal { amountMinor }
                  history { cause causeId breakdownComplete tax { amountMinor } } } } } }
                """
            )
        ).At("venue.transactions.nodes.0");
        (
            sale.At("breakdownComplete").GetBoolean(),
            sale.At("tax.amountMinor").GetInt64(),
            sale.At("discount.amountMinor").GetInt64(),
            sale.At("serviceCharge.amountMinor").GetInt64(),
            sale.At("subtotal.amountMinor").GetInt64()
        ).ShouldBe((true, 80, 10, 5, 925));
        sale.At("history.2")
            .ToString()
            .ShouldBe("""{"cause":"ORDER","causeId":"order-p1","breakdownComplete":true,"tax":{"amountMinor":80}}""");
        sale.At("history.1.breakdownComplete").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task An_order_that_is_not_known_yet_is_asked_for_again_with_growing_pauses_and_given_up_after_days()
    {
        await using var bar = await OpenAsync();
        RingUp(bar, "p1", tax: 80);
        bar.Square.Ledger.HideOrder("order-p1");
        await bar.PostAsync(bar.Event("p1"));
        var asked = 0;
        while (await QueueAsync(bar) != "")
        {
            await FetchAsync(bar, Duration.FromDays(1) + Duration.FromSeconds(1));
            asked++;
            asked.ShouldBeLessThan(20);
        }

        Asked(bar).ShouldBe(10);
        bar.Host.Log.Lines.Count(l => l.Contains("was not known to its provider", StringComparison.Ordinal)).ShouldBe(1);
        Enumerable
            .Range(1, 9)
            .Aggregate(Duration.Zero, (sum, n) => sum + OrderFetchQueue.RetryDelayAfter(n)!.Value)
            .TotalDays.ShouldBeInRange(2, 4);
    }

    [Fact]
    public async Task An_order_that_the_provider_gets_ready_later_is_read_then_and_again_when_it_changes()
    {
        await using var bar = await OpenAsync();
        RingUp(bar, "p1", tax: 80);
        bar.Square.Ledger.HideOrder("order-p1");
        await bar.PostAsync(bar.Event("p1"));
        await FetchAsync(bar, Duration.FromSeconds(2));
        (await QueueAsync(bar)).ShouldBe("order-p1 1");

        bar.Square.Ledger.ShowOrder("order-p1");
        await FetchAsync(bar, Duration.FromSeconds(6));
        await WhenFetchedAsync(bar);
        (await bar.SqlAsync<string>("select tax_minor || ' ' || discount_minor from ingestion.transactions")).ShouldBe("80 10");

        bar.Square.Ledger.EditOrder("order-p1", new OrderEdit(Discount: 200), announce: false);
        await bar.PostAsync(bar.Square.Ledger.Events("p1")[^1].Body().ToArray());
        await FetchAsync(bar, Duration.FromSeconds(2));
        await WhenFetchedAsync(bar);
        (await bar.SqlAsync<string>("select tax_minor || ' ' || discount_minor from ingestion.transactions")).ShouldBe("80 200");
    }

    [Fact]
    public async Task A_fault_of_the_provider_counts_against_no_order_and_obeys_its_wish_to_wait()
    {
        await using var bar = await OpenAsync();
        RingUp(bar, "p1", tax: 80);
        bar.Square.Faults.Arm(
            new Fault
            {
                Path = "/v2/orders",
                Status = 429,
                Headers = new Dictionary<string, string> { ["Retry-After"] = "90" },
            }
        );
        await bar.PostAsync(bar.Event("p1"));
        await FetchAsync(bar, Duration.FromSeconds(2));
        await Wait.UntilAsync(() =>
            bar.SqlAsync<bool>("select not exists(select from ingestion.order_fetches where attempts = 0 and due_at < '2026-11-20T22:01Z')")
        );
        (await QueueAsync(bar)).ShouldBe("order-p1 0");
        await FetchAsync(bar, Duration.FromSeconds(80));
        Asked(bar).ShouldBe(1);

        bar.Square.Faults.Clear();
        await FetchAsync(bar, Duration.FromSeconds(11));
        await WhenFetchedAsync(bar);
        (await bar.SqlAsync<long>("select tax_minor from ingestion.transactions")).ShouldBe(80);
    }

    [Fact]
    public async Task An_order_the_database_refuses_holds_up_no_other_and_is_put_off_also_when_it_is_alone()
    {
        await using var bar = await OpenAsync();
        await bar.SqlAsync<object?>("alter table ingestion.transactions add constraint refused check (tax_minor <> 66)");
        RingUp(bar, "good", tax: 80);
        RingUp(bar, "bad", tax: 66);
        await bar.PostAsync(bar.Event("good", amount: 1000));
        await bar.PostAsync(bar.Event("bad", amount: 1000));

        await FetchAsync(bar, Duration.FromSeconds(2));
        await PutOffAsync(1);
        (await bar.SqlAsync<long>("select sum(tax_minor)::bigint from ingestion.transactions")).ShouldBe(80);

        await FetchAsync(bar, Duration.FromSeconds(10));
        await PutOffAsync(2);

        // A lease is a minute long; the second pause is a quarter of that.
        async Task PutOffAsync(int attempts)
        {
            var soon = (_clock.GetCurrentInstant() + Duration.FromSeconds(20)).ToString();
            await Wait.UntilAsync(
                async () =>
                    await QueueAsync(bar) == $"order-bad {attempts}"
                    && await bar.SqlAsync<bool>($"select bool_and(due_at < '{soon}') from ingestion.order_fetches"),
                Patience
            );
        }
    }

    // What came in together is written in one commit; when that breaks half-way, each till's is written by itself.
    [Fact]
    public async Task Orders_the_database_refuses_and_a_feed_that_somebody_holds_keep_no_other_till_waiting()
    {
        await using var bar = await OpenAsync();
        await bar.SqlAsync<object?>("alter table ingestion.transactions add constraint refused check (tax_minor <> 66)");
        string[] venues = ["good-1", "good-2", "good-3", "bad", "held", "good-4", "good-5", "good-6"];
        foreach (var venue in venues)
        {
            await bar.RegisterAsync(venue, Bar.OwnerId);
            var till = bar.Square.Sellers.AddTill(
                new TillOrder
                {
                    LocationId = "AT-" + venue,
                    AccessToken = "token-" + venue,
                    Currency = "USD",
                }
            );
            var (_, url, key) = await bar.ConnectAsync(venue, till);
            RingUp(bar, venue, tax: venue == "bad" ? 66 : 80, location: till.Location.Id);
            await bar.PostAsync(bar.Event(venue, locationId: till.Location.Id), url: url, key: key);
        }
        await using var holder = new NpgsqlConnection(bar.Database);
        await holder.OpenAsync(TestContext.Current.CancellationToken);
        await using var hold = new NpgsqlCommand("begin; select from ingestion.feed_heads where venue_id = 'held' for update", holder);
        await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await FetchAsync(bar, Duration.FromSeconds(2));
        await Wait.UntilAsync(async () => await QueueAsync(bar) == "order-bad 1, order-held 1", Patience);
        (
            await bar.SqlAsync<string>("select count(*) || ' ' || sum(tax_minor) from ingestion.transactions where breakdown_complete")
        ).ShouldBe("6 480");

        await holder.CloseAsync();
        await FetchAsync(bar, Duration.FromMinutes(2)); // the lease is over
        await Wait.UntilAsync(async () => await QueueAsync(bar) == "order-bad 2", Patience);
        (
            await bar.SqlAsync<string>("select count(*) || ' ' || count(*) filter (where cause = 5) from ingestion.transaction_versions")
        ).ShouldBe("15 7");
    }

    [Fact]
    public async Task A_till_that_is_not_connected_is_never_asked()
    {
        await using var bar = await OpenAsync();
        RingUp(bar, "p1", tax: 80);
        await bar.PostAsync(bar.Event("p1"));
        (
            await bar.Moderator.DataAsync(
                "mutation($id: ID!) { disconnectPos(input: { connectionId: $id }) { errors { code } } }",
                new { id = bar.ConnectionId }
            )
        )
            .At("disconnectPos.errors")
            .GetArrayLength()
            .ShouldBe(0);
        await FetchAsync(bar, Duration.FromMinutes(5));

        Asked(bar).ShouldBe(0);
        (await QueueAsync(bar)).ShouldBe("order-p1 0");
    }

    [Fact]
    public async Task Two_hosts_share_the_queue_and_a_later_payment_of_an_order_makes_all_shares_anew()
    {
        await using var bar = await OpenAsync();
        var other = await bar.AddHostAsync(Adjust);
        for (var i = 0; i < 250; i++)
            RingUp(bar, $"p{i}", tax: i);
        await Task.WhenAll(Enumerable.Range(0, 250).Select(i => bar.PostAsync(bar.Event($"p{i}"))));
        _clock.Advance(Duration.FromSeconds(2));
        await Wait.UntilAsync(async () =>
        {
            await Task.WhenAll(
                bar.Hosts.Select(h => h.Services.GetRequiredService<OrderFetcher>().FetchDueAsync(TestContext.Current.CancellationToken))
            );
            return await QueueAsync(bar) == "";
        });

        // Square refuses more than a hundred in a call; each order was written once.
        bar.Square.Requests.Requests.Where(r => r.Path == "/v2/orders/batch-retrieve").ShouldAllBe(r => r.Status == 200);
        (await bar.SqlAsync<long>("select count(*) from ingestion.transaction_versions where cause_id like 'order-%'")).ShouldBe(250);
        (await bar.SqlAsync<decimal>("select sum(tax_minor) from ingestion.transactions where breakdown_complete")).ShouldBe(249 * 250 / 2);

        RingUp(bar, "p-second", tax: 0, amount: 3000, order: "order-p200");
        var second = System
            .Text.Encoding.UTF8.GetString(bar.Event("p-second", amount: 3000))
            .Replace("order-p-second", "order-p200", StringComparison.Ordinal);
        await bar.PostAsync(System.Text.Encoding.UTF8.GetBytes(second), other);
        _clock.Advance(Duration.FromSeconds(2));
        await Wait.UntilAsync(async () =>
        {
            await bar.Host.Services.GetRequiredService<OrderFetcher>().FetchDueAsync(TestContext.Current.CancellationToken);
            return await QueueAsync(bar) == "";
        });
        (
            await bar.SqlAsync<string>(
                "select string_agg(tax_minor::text, ' ' order by external_id) from ingestion.transactions where external_order_id = 'order-p200'"
            )
        ).ShouldBe("150 50");
    }

    [Fact]
    public async Task What_is_asked_for_again_while_it_is_being_fetched_stays_in_the_queue()
    {
        await using var bar = await OpenAsync();
        var queue = bar.Host.Services.GetRequiredService<OrderFetchQueue>();
        await bar.PostAsync(bar.Event("p1"));
        // Two seconds later, while the host's clock stands still: its own fetcher finds nothing due.
        var taken = await queue.ClaimAsync(
            [new Integrations.Contracts.Till(bar.ConnectionId, Bar.VenueId, Provider.Square, "merchant")],
            _clock.Now() + Duration.FromSeconds(2),
            TestContext.Current.CancellationToken
        );
        await bar.PostAsync(bar.Event("p1", amount: 7000, minute: 3)); // another amount: the shares change

        await using var connection = await bar
            .Host.Services.GetRequiredService<NpgsqlDataSource>()
            .OpenConnectionAsync(TestContext.Current.CancellationToken);
        await OrderFetchQueue.CompleteAsync(connection, taken, [], _clock.Now(), TestContext.Current.CancellationToken);

        (await QueueAsync(bar)).ShouldBe("order-p1 0");
    }
}
