using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Control;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Syncs;

public sealed class SyncTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_new_till_is_read_seven_days_back_and_then_by_what_has_changed_since_and_a_second_run_changes_nothing()
    {
        await using var venue = await Polled.OpenAsync(await postgres.CreateDatabaseAsync());
        var first = await venue.SyncAsync(); // of nothing
        var (ledger, location, now) = (venue.Simulator.Ledger, venue.Seller.Location.Id, Polled.Now);
        var ids = Enumerable
            .Range(0, 40)
            .Select(i =>
                ledger
                    .AddSale(
                        new Sale
                        {
                            LocationId = location,
                            Amount = 1000 + i,
                            Captured = i % 2 == 0,
                            Cash = i % 5 == 0,
                            At = now.AddSeconds(-2 * i),
                            Announce = false,
                        }
                    )
                    .Id
            )
            .ToArray();
        var offline = ledger.AddSale(
            new Sale
            {
                LocationId = location,
                Amount = 500,
                Captured = true,
                At = now,
                OfflineAt = now.AddHours(-5),
                Announce = false,
            }
        );

        var run = await venue.SyncAsync();
        (run.At("created").GetInt32(), run.At("progress").GetDouble()).ShouldBe((41, 1));
        await venue.ShouldEqualSquareAsync();
        (
            await venue.SqlAsync<bool>(
                $"select occurred_at = '{offline.OfflineAt:O}'::timestamptz from ingestion.transactions where external_id = '{offline.Id}'"
            )
        ).ShouldBeTrue();

        // What happens to them later: captures, late tips, refunds, cancelled authorisations.
        ledger.LeaveTip(ids[2], 250, announce: false);
        ledger.GiveBack(ids[4], 100, announce: false);
        ledger.Capture(ids[1], announce: false);
        ledger.Cancel(ids[3], announce: false);
        var pending = ledger.BeginRefund(ids[6], 50, announce: false);
        (await venue.SyncAsync()).At("updated").GetInt32().ShouldBeGreaterThanOrEqualTo(4);
        await venue.ShouldEqualSquareAsync();
        ledger.CompleteRefund(pending.Id, announce: false);
        await venue.SyncAsync();
        await venue.ShouldEqualSquareAsync();

        var versions = await venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions");
        var again = await venue.SyncAsync();
        (again.At("created").GetInt32(), again.At("updated").GetInt32()).ShouldBe((0, 0));
        again.At("unchanged").GetInt32().ShouldBePositive();
        (await venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions")).ShouldBe(versions);
        first.At("id").GetString().ShouldNotBe(again.At("id").GetString());
        // Breakdowns came with the pages, every request named the location, and nothing was ever written at the till.
        (
            await venue.SqlAsync<long>(
                "select count(*) from ingestion.transactions where not breakdown_complete and status in (1, 2, 3, 4)"
            )
        ).ShouldBe(0);
        venue
            .Simulator.Requests.Requests.Where(r => r.Path is "/v2/payments" or "/v2/refunds")
            .ShouldAllBe(r =>
                r.Query.Contains("location_id=" + location) && r.Query.Contains("sort_order=ASC") && r.Query.Contains("limit=100")
            );
        venue.Simulator.Requests.PaymentWrites.ShouldBeEmpty();
        await venue.Host.WhenIdleAsync();
        var net = ledger.Payments(location).Where(p => p.Status == PaymentStatus.Completed).Sum(p => p.Total - p.Refunded);
        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { revenue(period: ALL) { net { amountMinor } } } }"))
            .At("venue.revenue.net.amountMinor")
            .GetInt64()
            .ShouldBe(net);
    }

    [Fact]
    public async Task What_changes_while_the_first_sync_reads_is_in_the_next_one()
    {
        await using var venue = await Polled.OpenAsync(await postgres.CreateDatabaseAsync(), pageSize: 10);
        await venue.SqlAsync<int>("delete from ingestion.sync_runs; update ingestion.sync_states set synced_to = null");
        var (ledger, location, now) = (venue.Simulator.Ledger, venue.Seller.Location.Id, Polled.Now);
        var ids = Enumerable
            .Range(0, 30)
            .Select(i =>
                ledger
                    .AddSale(
                        new Sale
                        {
                            LocationId = location,
                            Amount = 1000 + i,
                            Captured = true,
                            At = now.AddDays(-6).AddMinutes(i),
                            Announce = false,
                        }
                    )
                    .Id
            )
            .ToArray();
        // The second page waits until what stood on the first has changed.
        venue.Simulator.Faults.Arm(
            new Simulator.Faults.Fault
            {
                Path = "/v2/payments",
                Skip = 1,
                Times = 1,
                DelayMs = 500,
            }
        );
        var syncing = venue.SyncAsync();
        await Wait.UntilAsync(() => venue.Simulator.Requests.Requests.Count(r => r.Path == "/v2/payments") >= 2);
        ledger.GiveBack(ids[0], 500, announce: false);
        (await syncing).At("created").GetInt32().ShouldBe(30);

        await venue.SyncAsync();
        await venue.ShouldEqualSquareAsync();
    }

    [Fact]
    public async Task A_span_of_the_past_is_read_when_somebody_asks_for_it()
    {
        await using var venue = await Polled.OpenAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync();
        var (location, then) = (venue.Seller.Location.Id, Polled.Today.AddDays(-200));
        new History
        {
            LocationId = location,
            Count = 250,
            From = then,
            To = then.AddDays(10),
        }.RingUp(venue.Simulator.Ledger);

        var run = await venue.SyncAsync(from: then.AddDays(-1), to: then.AddDays(11));

        (run.At("trigger").GetString(), run.At("created").GetInt32(), run.At("pages").GetInt32()).ShouldBe(("BACKFILL", 250, 5));
        await venue.ShouldEqualSquareAsync();
        foreach (
            var (input, field) in new (object, string)[]
            {
                (new { venueId = "bar", to = then }, "from"),
                (new { venueId = "bar", from = Polled.Now.AddDays(1) }, "from"),
                (new { venueId = "bar", connectionId = Guid.NewGuid() }, "connectionId"),
            }
        )
            (
                await venue.Owner.GetDataAsync(
                    "mutation($input: SyncTransactionsInput!) { syncTransactions(input: $input) { errors { code field } } }",
                    new { input }
                )
            )
                .At("syncTransactions.errors.0.field")
                .GetString()
                .ShouldBe(field);
    }

    [Fact]
    public async Task Toast_is_read_by_time_of_change_one_sale_for_each_payment_and_what_was_voided_does_not_count()
    {
        await using var venue = await Polled.OpenAsync(await postgres.CreateDatabaseAsync());
        var (till, connection) = await venue.ConnectToastAsync();
        await venue.SyncAsync(connection);
        var (ledger, guid, now) = (venue.Simulator.Toast.Ledger, till.Restaurant.Guid, Polled.Now);
        var orders = Enumerable
            .Range(0, 30)
            .Select(i =>
                ledger.RingUp(
                    new ToastSale
                    {
                        RestaurantGuid = guid,
                        Price = 1000 + i * 7,
                        Discount = i % 3 == 0 ? 100 : 0,
                        SelectionDiscount = i % 4 == 0 ? 50 : 0,
                        ServiceCharge = i % 5 == 0 ? 180 : 0,
                        Tip = i % 2 * 150,
                        Captured = i % 3 != 1,
                        Type = i % 6 == 0 ? ToastPaymentType.Cash : ToastPaymentType.Credit,
                        CreatedInTestMode = i == 29,
                        At = now.AddSeconds(-2 * i),
                        Announce = false,
                    }
                )
            )
            .ToArray();
        await venue.SyncAsync(connection);
        await venue.ShouldEqualToastAsync(till);

        Guid Payment(int i) => orders[i].Checks[0].Payments[0].Guid;
        ledger.LeaveTip(Payment(1), 300, announce: false);
        ledger.Capture(Payment(1), announce: false);
        ledger.GiveBack(Payment(2), announce: false);
        ledger.VoidPayment(Payment(4), announce: false);
        ledger.VoidOrder(orders[5].Guid, announce: false);
        ledger.DeleteOrder(orders[8].Guid, announce: false);
        ledger.VoidCheck(orders[11].Checks[0].Guid, announce: false);
        await venue.SyncAsync(connection);
        await venue.ShouldEqualToastAsync(till);

        var checks = ledger.Checks(guid).Where(c => c.Counts).ToArray();
        var paid = ledger
            .Payments(guid)
            .Where(p => !p.NoSale && p.State == ToastPaymentStatus.Captured)
            .Select(p => p.CheckGuid)
            .ToHashSet();
        (
            await venue.SqlAsync<decimal>("select sum(tax_minor) from ingestion.transactions where provider = 1 and status in (2, 3, 4)")
        ).ShouldBe(checks.Where(c => paid.Contains(c.CheckGuid)).Sum(c => c.Tax));
        (
            await venue.SqlAsync<decimal>(
                "select sum(discount_minor) from ingestion.transactions where provider = 1 and status in (2, 3, 4)"
            )
        ).ShouldBe(checks.Where(c => paid.Contains(c.CheckGuid)).Sum(c => c.Discount));
        var again = await venue.SyncAsync(connection);
        (again.At("created").GetInt32(), again.At("updated").GetInt32()).ShouldBe((0, 0));
        venue.Simulator.Toast.Logins.CountOf(till.Client.ClientId).ShouldBe(1);
    }

    [Fact]
    public async Task An_order_edited_while_its_pages_are_read_pushes_no_other_out()
    {
        await using var venue = await Polled.OpenAsync(await postgres.CreateDatabaseAsync());
        var (till, connection) = await venue.ConnectToastAsync();
        await venue.SyncAsync(connection);
        var (ledger, guid, now) = (venue.Simulator.Toast.Ledger, till.Restaurant.Guid, Polled.Now);
        var orders = Enumerable
            .Range(0, 250)
            .Select(i =>
                ledger.RingUp(
                    new ToastSale
                    {
                        RestaurantGuid = guid,
                        Price = 1000 + i,
                        Captured = true,
                        At = now.AddSeconds(-250 + i),
                        Announce = false,
                    }
                )
            )
            .ToArray();
        venue.Simulator.Requests.Clear();
        venue.Simulator.Faults.Arm(
            new Simulator.Faults.Fault
            {
                Path = "/orders/v2/ordersBulk",
                Skip = 1,
                Times = 1,
                DelayMs = 500,
            }
        );
        var syncing = venue.SyncAsync(connection);
        await Wait.UntilAsync(() => venue.Simulator.Requests.Requests.Count(r => r.Path == "/orders/v2/ordersBulk") >= 2);
        // Ten orders of the first page move to the end, out of the window: ten of the second page are on the first one now.
        foreach (var order in orders.Take(10))
            ledger.LeaveTip(order.Checks[0].Payments[0].Guid, 100, announce: false);
        await syncing;

        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions")).ShouldBe(250);
        await venue.SyncAsync(connection);
        await venue.ShouldEqualToastAsync(till);
    }

    [Fact]
    public async Task Progress_is_seen_live_page_by_page()
    {
        await using var venue = await Polled.OpenAsync(await postgres.CreateDatabaseAsync(), pageSize: 5);
        await venue.SyncAsync();
        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            "subscription { syncProgressed(venueId: \"bar\") { id status progress pages created } }"
        );
        await Wait.UntilAsync(() => venue.Host.ListenerCount("ingestion.syncs") > 0);
        for (var i = 0; i < 30; i++)
            venue.Simulator.Ledger.AddSale(
                new Sale
                {
                    LocationId = venue.Seller.Location.Id,
                    Amount = 100,
                    Captured = true,
                    Announce = false,
                }
            );

        var run = await venue.SyncAsync();

        JsonElement said;
        do said = await subscriber.NextAsync();
        while (said.At("status").GetString() != "COMPLETED" || said.At("id").GetString() != run.At("id").GetString());
        (said.At("created").GetInt32(), said.At("progress").GetDouble()).ShouldBe((30, 1));
    }
}
