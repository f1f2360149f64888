using Ingestion.Orders;
using Integrations.Contracts;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using PosModular.IntegrationTests.House;
using PosModular.Kernel;

namespace PosModular.IntegrationTests.Orders;

public sealed class OrderFetchTests(TestPostgres postgres)
{
    private readonly PlayedTills _tills = new();
    private readonly FakeClock _clock = new(Instant.FromUtc(2026, 11, 20, 22, 0));

    private void Adjust(IServiceCollection services) => services.AddSingleton<ITills>(_tills).AddSingleton<IClock>(_clock);

    private async Task<Bar> OpenAsync()
    {
        var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync(), Adjust);
        _tills.Connected[bar.ConnectionId] = new Till(bar.ConnectionId, Bar.VenueId, Provider.Square, "merchant");
        return bar;
    }

    private void Order(string id, long tax, long version = 1) => _tills.Orders[id] = new PosOrder(id, "L", version, "USD", new PosBreakdown(tax, 10, 5));

    // The host fetches by itself too; whoever is first has the lease.
    private async Task FetchAsync(Bar bar, Duration later)
    {
        _clock.Advance(later);
        await bar.Host.Services.GetRequiredService<OrderFetcher>().FetchDueAsync(TestContext.Current.CancellationToken);
    }

    private static Task<string> QueueAsync(Bar bar) => bar.SqlAsync<string>("select coalesce(string_agg(order_id || ' ' || attempts, ', ' order by order_id), '') from ingestion.order_fetches");

    [Fact]
    public async Task A_sales_tax_and_discount_are_read_from_its_order_a_moment_later()
    {
        await using var bar = await OpenAsync();
        Order("order-p1", tax: 80);
        await bar.PostAsync(bar.Event("p1", amount: 1000, status: "APPROVED"));
        await bar.PostAsync(bar.Event("p1", amount: 1000, minute: 1));
        (await QueueAsync(bar)).ShouldBe("order-p1 0");

        await FetchAsync(bar, Duration.FromSeconds(2));

        while (await QueueAsync(bar) != "")
            await Task.Yield();
        _tills.Asked.Count.ShouldBe(1);
        var sale = (await bar.Owner.DataAsync("""
            { venue(id: "bar") { transactions { nodes { breakdownComplete tax { amountMinor } discount { amountMinor } serviceCharge { amountMinor } subtotal { amountMinor }
              history { cause causeId breakdownComplete tax { amountMinor } } } } } }
            """)).At("venue.transactions.nodes.0");
        (sale.At("breakdownComplete").GetBoolean(), sale.At("tax.amountMinor").GetInt64(), sale.At("discount.amountMinor").GetInt64(), sale.At("serviceCharge.amountMinor").GetInt64(), sale.At("subtotal.amountMinor").GetInt64())
            .ShouldBe((true, 80, 10, 5, 925));
        sale.At("history.2").ToString().ShouldBe("""{"cause":"ORDER","causeId":"order-p1","breakdownComplete":true,"tax":{"amountMinor":80}}""");
        sale.At("history.1.breakdownComplete").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task An_order_that_is_not_known_yet_is_asked_for_again_with_growing_pauses_and_given_up_after_days()
    {
        await using var bar = await OpenAsync();
        await bar.PostAsync(bar.Event("p1"));
        var asked = 0;
        while (await QueueAsync(bar) != "")
        {
            await FetchAsync(bar, Duration.FromDays(1) + Duration.FromSeconds(1));
            asked++;
            asked.ShouldBeLessThan(20);
        }

        _tills.Asked.Count.ShouldBe(10);
        bar.Host.Log.Lines.Count(l => l.Contains("was not known to its provider", StringComparison.Ordinal)).ShouldBe(1);
        Enumerable.Range(1, 9).Aggregate(Duration.Zero, (sum, n) => sum + OrderQueue.PauseAfter(n)!.Value).TotalDays.ShouldBeInRange(2, 4);
    }

    [Fact]
    public async Task A_fault_of_the_provider_counts_against_no_order_and_obeys_its_wish_to_wait()
    {
        await using var bar = await OpenAsync();
        Order("order-p1", tax: 80);
        _tills.Fault = new FetchFault(new UserError(ErrorCode.RateLimitExceeded, "Slow down."), Duration.FromSeconds(90));
        await bar.PostAsync(bar.Event("p1"));
        await FetchAsync(bar, Duration.FromSeconds(2));
        while (await bar.SqlAsync<bool>("select exists(select from ingestion.order_fetches where attempts = 0 and due_at < '2026-11-20T22:01Z')"))
            await Task.Yield();
        (await QueueAsync(bar)).ShouldBe("order-p1 0");
        await FetchAsync(bar, Duration.FromSeconds(80));
        _tills.Asked.Count.ShouldBe(1);

        _tills.Fault = null;
        await FetchAsync(bar, Duration.FromSeconds(11));
        while (await QueueAsync(bar) != "")
            await Task.Yield();
        (await bar.SqlAsync<long>("select tax_minor from ingestion.transactions")).ShouldBe(80);
    }

    [Fact]
    public async Task A_till_that_is_not_connected_is_never_asked()
    {
        await using var bar = await OpenAsync();
        _tills.Connected.Clear();
        await bar.PostAsync(bar.Event("p1"));
        await FetchAsync(bar, Duration.FromMinutes(5));

        _tills.Asked.ShouldBeEmpty();
        (await QueueAsync(bar)).ShouldBe("order-p1 0");
    }

    [Fact]
    public async Task Two_hosts_share_the_queue_and_a_later_payment_of_an_order_makes_all_shares_anew()
    {
        await using var bar = await OpenAsync();
        var other = await bar.AddHostAsync(Adjust);
        for (var i = 0; i < 250; i++)
            Order($"order-p{i}", tax: i);
        await Task.WhenAll(Enumerable.Range(0, 250).Select(i => bar.PostAsync(bar.Event($"p{i}"))));
        _clock.Advance(Duration.FromSeconds(2));
        while (await QueueAsync(bar) != "")
            await Task.WhenAll(bar.Hosts.Select(h => h.Services.GetRequiredService<OrderFetcher>().FetchDueAsync(TestContext.Current.CancellationToken)));

        _tills.Asked.SelectMany(a => a).Count().ShouldBe(250);
        _tills.Asked.ShouldAllBe(a => a.Count <= 100);
        (await bar.SqlAsync<decimal>("select sum(tax_minor) from ingestion.transactions where breakdown_complete")).ShouldBe(249 * 250 / 2);

        var second = System.Text.Encoding.UTF8.GetString(bar.Event("p-second", amount: 3000)).Replace("order-p-second", "order-p200", StringComparison.Ordinal);
        await bar.PostAsync(System.Text.Encoding.UTF8.GetBytes(second), other);
        _clock.Advance(Duration.FromSeconds(2));
        while (await QueueAsync(bar) != "")
            await bar.Host.Services.GetRequiredService<OrderFetcher>().FetchDueAsync(TestContext.Current.CancellationToken);
        (await bar.SqlAsync<string>("select string_agg(tax_minor::text, ' ' order by external_id) from ingestion.transactions where external_order_id = 'order-p200'")).ShouldBe("150 50");
    }

    [Fact]
    public async Task What_is_asked_for_again_while_it_is_being_fetched_stays_in_the_queue()
    {
        await using var bar = await OpenAsync();
        _tills.Connected.Clear(); // the host's own fetcher stands still
        var queue = bar.Host.Services.GetRequiredService<OrderQueue>();
        await bar.PostAsync(bar.Event("p1"));
        _clock.Advance(Duration.FromSeconds(2));
        var taken = await queue.TakeAsync([new Till(bar.ConnectionId, Bar.VenueId, Provider.Square, "merchant")], _clock.Now(), TestContext.Current.CancellationToken);
        await bar.PostAsync(bar.Event("p1", amount: 7000, minute: 3)); // another amount: the shares change

        await using var connection = await bar.Host.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(TestContext.Current.CancellationToken);
        await OrderQueue.SettleAsync(connection, taken, [], _clock.Now(), TestContext.Current.CancellationToken);

        (await QueueAsync(bar)).ShouldBe("order-p1 0");
    }
}
