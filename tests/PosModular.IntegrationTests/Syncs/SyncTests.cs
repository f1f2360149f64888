using System.Text.Json;
using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Control;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Syncs;

public sealed class SyncTests(TestPostgres postgres)
{
    private static readonly string CapturedAtToast =
        $"provider = {Provider.Toast:D} and status between {TransactionStatus.Completed:D} and {TransactionStatus.Refunded:D}";

    [Fact]
    public async Task A_new_connection_is_read_seven_days_back_and_then_by_changes_and_a_second_run_changes_nothing()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var firstRun = await venue.SyncAsync(); // there are no payments yet
        var (ledger, location, now) = (venue.Simulator.Ledger, venue.Seller.Location.Id, SyncTestVenue.Now);
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
        var offlinePayment = ledger.AddSale(
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
                $"""
                select occurred_at = '{offlinePayment.OfflineAt:O}'::timestamptz
                from ingestion.transactions where external_id = '{offlinePayment.Id}'
                """
            )
        ).ShouldBeTrue();

        // Later changes: captures, late tips, refunds, cancelled authorisations.
        ledger.SetTip(ids[2], 250, announce: false);
        ledger.RefundPayment(ids[4], 100, announce: false);
        ledger.Capture(ids[1], announce: false);
        ledger.Cancel(ids[3], announce: false);
        var pendingRefund = ledger.BeginRefund(ids[6], 50, announce: false);
        (await venue.SyncAsync()).At("updated").GetInt32().ShouldBeGreaterThanOrEqualTo(4);
        await venue.ShouldEqualSquareAsync();
        ledger.CompleteRefund(pendingRefund.Id, announce: false);
        await venue.SyncAsync();
        await venue.ShouldEqualSquareAsync();

        var versions = await venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions");
        var secondRun = await venue.SyncAsync();
        (secondRun.At("created").GetInt32(), secondRun.At("updated").GetInt32()).ShouldBe((0, 0));
        secondRun.At("unchanged").GetInt32().ShouldBePositive();
        (await venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions")).ShouldBe(versions);
        firstRun.At("id").GetString().ShouldNotBe(secondRun.At("id").GetString());
        // Breakdowns came with the pages, every request named the location, and the sync wrote nothing at the provider.
        (
            await venue.SqlAsync<long>(
                $"""
                select count(*) from ingestion.transactions where not breakdown_complete and status
                  between {TransactionStatus.Authorized:D} and {TransactionStatus.Refunded:D}
                """
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
    public async Task Changes_during_the_first_sync_are_read_by_the_next_one()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), pageSize: 10);
        await venue.SqlAsync<int>("delete from ingestion.sync_runs; update ingestion.sync_states set synced_to = null");
        var (ledger, location, now) = (venue.Simulator.Ledger, venue.Seller.Location.Id, SyncTestVenue.Now);
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
        // The second page is delayed until a payment of the first page has changed.
        venue.Simulator.Faults.Add(
            new Simulator.Faults.Fault
            {
                Path = "/v2/payments",
                Skip = 1,
                Times = 1,
                DelayMs = 3_000,
            }
        );
        var syncing = venue.SyncAsync();
        await Wait.UntilAsync(() => venue.Simulator.Requests.Requests.Count(r => r.Path == "/v2/payments") >= 2);
        ledger.RefundPayment(ids[0], 500, announce: false);
        (await syncing).At("created").GetInt32().ShouldBe(30);

        await venue.SyncAsync();
        await venue.ShouldEqualSquareAsync();
    }

    [Fact]
    public async Task A_requested_period_of_the_past_is_read()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync();
        var (location, firstDay) = (venue.Seller.Location.Id, SyncTestVenue.Today.AddDays(-200));
        new SalesHistory
        {
            LocationId = location,
            Count = 250,
            From = firstDay,
            To = firstDay.AddDays(10),
        }.AddTo(venue.Simulator.Ledger);

        var run = await venue.SyncAsync(from: firstDay.AddDays(-1), to: firstDay.AddDays(11));

        (run.At("trigger").GetString(), run.At("created").GetInt32(), run.At("pages").GetInt32()).ShouldBe(("BACKFILL", 250, 5));
        await venue.ShouldEqualSquareAsync();
        foreach (
            var (input, field) in new (object, string)[]
            {
                (new { venueId = "bar", to = firstDay }, "from"),
                (new { venueId = "bar", from = SyncTestVenue.Now.AddDays(1) }, "from"),
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
    public async Task Toast_orders_are_read_by_time_of_change_with_one_transaction_for_each_payment_and_voids_do_not_count()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var (account, connectionId) = await venue.ConnectToastAsync();
        await venue.SyncAsync(connectionId);
        var (ledger, guid, now) = (venue.Simulator.Toast.Ledger, account.Restaurant.Guid, SyncTestVenue.Now);
        var orders = Enumerable
            .Range(0, 30)
            .Select(i =>
                ledger.AddSale(
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
        await venue.SyncAsync(connectionId);
        await venue.ShouldEqualToastAsync(account);

        Guid PaymentGuid(int i) => orders[i].Checks[0].Payments[0].Guid;
        ledger.SetTip(PaymentGuid(1), 300, announce: false);
        ledger.Capture(PaymentGuid(1), announce: false);
        ledger.RefundPayment(PaymentGuid(2), announce: false);
        ledger.VoidPayment(PaymentGuid(4), announce: false);
        ledger.VoidOrder(orders[5].Guid, announce: false);
        ledger.DeleteOrder(orders[8].Guid, announce: false);
        ledger.VoidCheck(orders[11].Checks[0].Guid, announce: false);
        await venue.SyncAsync(connectionId);
        await venue.ShouldEqualToastAsync(account);

        var checks = ledger.Checks(guid).Where(c => c.IsActive).ToArray();
        var capturedChecks = ledger
            .Payments(guid)
            .Where(p => !p.IsExcludedFromSales && p.State == ToastPaymentStatus.Captured)
            .Select(p => p.CheckGuid)
            .ToHashSet();
        (await venue.SqlAsync<decimal>("select sum(tax_minor) from ingestion.transactions where " + CapturedAtToast)).ShouldBe(
            checks.Where(c => capturedChecks.Contains(c.CheckGuid)).Sum(c => c.Tax)
        );
        (await venue.SqlAsync<decimal>("select sum(discount_minor) from ingestion.transactions where " + CapturedAtToast)).ShouldBe(
            checks.Where(c => capturedChecks.Contains(c.CheckGuid)).Sum(c => c.Discount)
        );
        var secondRun = await venue.SyncAsync(connectionId);
        (secondRun.At("created").GetInt32(), secondRun.At("updated").GetInt32()).ShouldBe((0, 0));
        venue.Simulator.Toast.Logins.LoginCount(account.Client.ClientId).ShouldBe(1);
    }

    [Fact]
    public async Task An_order_edited_while_its_pages_are_read_hides_no_other_order()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var (account, connectionId) = await venue.ConnectToastAsync();
        await venue.SyncAsync(connectionId);
        var (ledger, guid, now) = (venue.Simulator.Toast.Ledger, account.Restaurant.Guid, SyncTestVenue.Now);
        var orders = Enumerable
            .Range(0, 250)
            .Select(i =>
                ledger.AddSale(
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
        venue.Simulator.Faults.Add(
            new Simulator.Faults.Fault
            {
                Path = "/orders/v2/ordersBulk",
                Skip = 1,
                Times = 1,
                DelayMs = 500,
            }
        );
        var syncing = venue.SyncAsync(connectionId);
        await Wait.UntilAsync(() => venue.Simulator.Requests.Requests.Count(r => r.Path == "/orders/v2/ordersBulk") >= 2);
        // Ten orders of the first page move out of the time window, so ten orders of the second page move to the first.
        foreach (var order in orders.Take(10))
            ledger.SetTip(order.Checks[0].Payments[0].Guid, 100, announce: false);
        await syncing;

        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions")).ShouldBe(250);
        await venue.SyncAsync(connectionId);
        await venue.ShouldEqualToastAsync(account);
    }

    [Fact]
    public async Task Progress_is_published_to_subscribers_page_by_page()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), pageSize: 5);
        await venue.SyncAsync();
        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            "subscription { syncProgressed(venueId: \"bar\") { id status progress pages created } }"
        );
        await Wait.UntilAsync(() => venue.Host.SubscriberCount("ingestion.syncs") > 0);
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

        JsonElement progress;
        do progress = await subscriber.NextAsync();
        while (progress.At("status").GetString() != "COMPLETED" || progress.At("id").GetString() != run.At("id").GetString());
        (progress.At("created").GetInt32(), progress.At("progress").GetDouble()).ShouldBe((30, 1));
    }
}
