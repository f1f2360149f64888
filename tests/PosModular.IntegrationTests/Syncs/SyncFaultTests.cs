using System.Globalization;
using PosModular.IntegrationTests.House;
using PosModular.Simulator.Control;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Syncs;

/// <summary>Whatever the provider, the host or the database does in the middle of a sync of fifty pages: in the end it equals the till, to the cent.</summary>
public sealed class SyncFaultTests(TestPostgres postgres)
{
    private const int Pages = 50;

    public static TheoryData<string> Faults => ["429", "429 four times in a row", "500", "503 ten times", "cut", "cut in the middle", "slow", "401", "403", "nonsense", "an expired cursor", "orders away"];

    private static Fault FaultOf(string name, string path) => name switch
    {
        "429" => new Fault { Path = path, Skip = 7, Times = 1, Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "600" } },
        "429 four times in a row" => new Fault { Path = path, Skip = 9, Times = 4, Status = 429 },
        "500" => new Fault { Path = path, Skip = 11, Times = 3, Status = 500 },
        "503 ten times" => new Fault { Path = path, Skip = 13, Times = 10, Status = 503 },
        "cut" => new Fault { Path = path, Skip = 17, Times = 6, Cut = true },
        "cut in the middle" => new Fault { Path = path, Skip = 19, Times = 6, CutAfterBytes = 900 },
        "slow" => new Fault { Path = path, Skip = 23, Times = 5, DelayMs = 3_000 }, // longer than a hurried call waits
        "401" => new Fault { Path = path, Skip = 5, Times = 2, Status = 401 },
        "403" => new Fault { Path = path, Skip = 6, Times = 2, Status = 403 },
        "nonsense" => new Fault { Path = path, Skip = 8, Times = 5, Status = 418 },
        "an expired cursor" => new Fault { Path = path, Skip = 12, Times = 1, Status = 400, Code = "INVALID_CURSOR" },
        _ => new Fault { Path = "/v2/orders", Skip = 3, Times = 12, Status = 500 },
    };

    [Fact]
    public async Task Every_fault_during_a_long_sync_of_Square()
    {
        await using var bar = await Polled.OpenAsync(await postgres.CreateDatabaseAsync(), pageSize: 10);
        await bar.SyncAsync();
        var (location, then) = (bar.Till.Location.Id, Polled.Today.AddDays(-300));
        foreach (var (row, i) in Faults.Select((row, i) => (row, i)))
        {
            var name = row.Data;
            var from = then.AddDays(i * 2);
            new History { LocationId = location, Count = 10 * Pages, From = from, To = from.AddDays(1), Seed = i }.RingUp(bar.Square.Ledger);
            bar.Square.Faults.Clear();
            bar.Square.Faults.Arm(FaultOf(name, "/v2/payments"));

            var run = await bar.SyncAsync(from: from, to: from.AddDays(1));

            run.At("status").GetString().ShouldBe("COMPLETED", name);
            run.At("created").GetInt32().ShouldBe(10 * Pages, name);
            bar.Square.Faults.Armed.ShouldAllBe(f => f.Matched > f.Fault.Skip, name);
        }
        await bar.ShouldEqualSquareAsync();
    }

    [Fact]
    public async Task Every_fault_during_a_long_sync_of_Toast()
    {
        await using var bar = await Polled.OpenAsync(await postgres.CreateDatabaseAsync());
        var (till, connection) = await bar.ConnectToastAsync();
        await bar.SyncAsync(connection);
        var then = Polled.Today.AddDays(-300);
        foreach (var (row, i) in Faults.Where(f => f.Data is not ("an expired cursor" or "orders away")).Select((row, i) => (row, i)))
        {
            var name = row.Data;
            var from = then.AddDays(i * 2);
            new ToastHistory { RestaurantGuid = till.Restaurant.Guid, Count = 2_600, From = from, To = from.AddDays(1), Seed = i }.RingUp(bar.Square.Toast.Ledger);
            bar.Square.Faults.Clear();
            bar.Square.Faults.Arm(FaultOf(name, "/orders/v2/ordersBulk"));

            (await bar.SyncAsync(connection, from: from, to: from.AddDays(1))).At("status").GetString().ShouldBe("COMPLETED", name);
            bar.Square.Faults.Armed.ShouldAllBe(f => f.Matched > f.Fault.Skip, name);
        }
        await bar.ShouldEqualToastAsync(till);
    }

    [Fact]
    public async Task A_parked_run_says_why_and_goes_on_by_itself_again_and_again()
    {
        await using var bar = await Polled.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.SyncAsync();
        bar.Square.Ledger.AddSale(new Sale { LocationId = bar.Till.Location.Id, Amount = 100, Captured = true, Announce = false });
        bar.Square.Faults.Arm(new Fault { Path = "/v2/payments", Status = 429 });
        var id = (await bar.Owner.DataAsync("mutation { syncTransactions(input: { venueId: \"bar\" }) { runs { id } } }")).At("syncTransactions.runs.0.id").GetString()!;

        for (var round = 1; round <= 6; round++) // more than the four that ended others for good
        {
            var parked = await bar.UntilAsync(id, "PARKED");
            parked.At("error.code").GetString().ShouldBe("RATE_LIMIT_EXCEEDED");
            await Wait.UntilAsync(async () => await bar.SqlAsync<int>($"select faults from ingestion.sync_runs where id = '{id}'") >= round);
            await bar.SqlAsync<int>("update ingestion.sync_runs set resume_at = now()");
        }
        bar.Square.Faults.Clear();
        await bar.SqlAsync<int>("update ingestion.sync_runs set resume_at = now() where status = 3");

        (await bar.UntilAsync(id, "COMPLETED")).At("created").GetInt32().ShouldBe(1);
        await bar.ShouldEqualSquareAsync();
    }

    [Fact]
    public async Task A_host_killed_three_times_in_a_sync_and_a_storm_of_webhooks_goes_on_at_the_page_and_counts_each_sale_once()
    {
        await using var bar = await Polled.OpenAsync(await postgres.CreateDatabaseAsync(), pageSize: 10);
        await bar.SyncAsync();
        var from = Polled.Today.AddDays(-100);
        new History { LocationId = bar.Till.Location.Id, Count = 1_000, From = from, To = from.AddDays(1) }.RingUp(bar.Square.Ledger);
        // The webhooks tell of the same sales and orders, and of others.
        new History { LocationId = bar.Till.Location.Id, Count = 1_000, From = from.AddDays(2), To = from.AddDays(3), Seed = 2 }.RingUp(bar.Square.Ledger);
        var events = bar.Square.Ledger.Events().Select(e => e.Body().ToArray()).ToArray();
        new Random(1).Shuffle(events);
        await bar.Host.DisposeAsync();
        bar.Hosts.Clear();

        var port = RunningHost.FreePort();
        var host = HostProcess.Start(bar, port);
        await bar.SqlAsync<int>($"""
            insert into ingestion.sync_runs (id, venue_id, connection_id, trigger, status, by_creation, from_at, to_at, stream, place, pass_pages, pass_news, pages, fetched, created, updated, unchanged, started_at, updated_at, resume_at, faults)
            select gen_random_uuid(), 'bar', connection_id, 3, 1, true, '{from:O}', '{from.AddDays(1):O}', 0, '{from:O}', 0, false, 0, 0, 0, 0, 0, now(), now(), now(), 0 from ingestion.sync_places
            """);
        var storm = Storm.SendAsync(bar, events, _ => host.Address, TimeSpan.FromMinutes(3));
        for (var kill = 1; kill <= 3; kill++)
        {
            await Wait.UntilAsync(async () => await bar.SqlAsync<int>("select pages from ingestion.sync_runs where trigger = 3") >= 20 * kill);
            (await bar.SqlAsync<short>("select status from ingestion.sync_runs where trigger = 3")).ShouldNotBe((short)2, "the sync is still under way");
            storm.IsCompleted.ShouldBeFalse("so is the storm");
            await host.KillAsync();
            // Its lease runs out, as it would by itself in half a minute.
            await bar.SqlAsync<int>("update ingestion.sync_places set lease_until = now() - interval '1 second'");
            host = HostProcess.Start(bar, port);
        }
        await storm;
        await Wait.UntilAsync(async () => await bar.SqlAsync<long>("select count(*) from ingestion.sync_runs where trigger = 3 and status <> 2") == 0);
        await host.DisposeAsync();

        (await bar.SqlAsync<string>("select pages || ' ' || created + updated + unchanged from ingestion.sync_runs where trigger = 3")).ShouldBe(string.Create(CultureInfo.InvariantCulture, $"{100 + 2} 1000"));
        await bar.AddHostAsync();
        await bar.Host.WhenIdleAsync();
        await bar.ShouldEqualSquareAsync();
        (await bar.SqlAsync<string>("select sum(count) || ' ' || sum(total_minor) from analytics.revenue_buckets"))
            .ShouldBe(string.Create(CultureInfo.InvariantCulture, $"2000 {bar.Square.Ledger.Payments().Sum(p => p.Total)}"));
        (await bar.SqlAsync<long>("select count(*) from ingestion.webhook_events where status = 1")).ShouldBe(events.Length);
    }

    [Fact]
    public async Task After_an_outage_of_the_till_itself_the_parked_run_covers_the_gap_up_to_now()
    {
        await using var bar = await Polled.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.SyncAsync(); // by creation, seven days back; from here on by change
        bar.Square.Faults.Arm(new Fault { Path = "/v2/payments", Status = 503 });
        var id = (await bar.Owner.DataAsync("mutation { syncTransactions(input: { venueId: \"bar\" }) { runs { id } } }")).At("syncTransactions.runs.0.id").GetString()!;
        var parked = await bar.UntilAsync(id, "PARKED");
        parked.At("error.code").GetString().ShouldBe("PROVIDER_UNAVAILABLE");
        parked.At("trigger").GetString().ShouldBe("MANUAL");
        for (var i = 0; i < 20; i++)
            bar.Square.Ledger.AddSale(new Sale { LocationId = bar.Till.Location.Id, Amount = 100, Captured = true, Announce = false });

        // Two minutes have gone by, and the till is back.
        await bar.SqlAsync<int>($"update ingestion.sync_runs set parked_since = parked_since - interval '2 minutes' where id = '{id}'");
        bar.Square.Faults.Clear();
        await bar.SqlAsync<int>($"update ingestion.sync_runs set resume_at = now() where id = '{id}'");

        var covered = await bar.UntilAsync(id, "COMPLETED");
        covered.At("trigger").GetString().ShouldBe("RECOVERY");
        covered.At("created").GetInt32().ShouldBe(20);
        covered.At("to").GetDateTimeOffset().ShouldBeGreaterThan(parked.At("to").GetDateTimeOffset());
        await bar.ShouldEqualSquareAsync();
        await Wait.UntilAsync(() => bar.Host.Log.Lines.Any(l => l.Contains("After an outage", StringComparison.Ordinal) && l.Contains("20 sales", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task After_an_outage_of_all_hosts_the_gap_is_covered_at_once_and_told()
    {
        await using var bar = await Polled.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.SyncAsync();
        await bar.Host.DisposeAsync();
        bar.Hosts.Clear();
        for (var i = 0; i < 20; i++)
            bar.Square.Ledger.AddSale(new Sale { LocationId = bar.Till.Location.Id, Amount = 100, Captured = true, Announce = false });
        // Ten minutes have gone by; the next sync by the clock is far.
        await bar.SqlAsync<int>("""
            update integrations.pos_connections set sync_enabled = true;
            update ingestion.sync_places set alive_at = now() - interval '10 minutes', next_sync_at = now() + interval '1 day', last_sync_at = now()
            """);

        var host = await bar.AddHostAsync(HurriedTime.ForProviders);
        await Wait.UntilAsync(async () => await bar.SqlAsync<long>("select count(*) from ingestion.sync_runs where trigger = 4 and status = 2") > 0);

        (await bar.SqlAsync<int>("select created from ingestion.sync_runs where trigger = 4")).ShouldBe(20);
        (await bar.SqlAsync<string>("select distinct cause::text from ingestion.transaction_versions")).ShouldBe("3");
        await bar.ShouldEqualSquareAsync();
        await Wait.UntilAsync(() => host.Log.Lines.Any(l => l.Contains("After an outage", StringComparison.Ordinal) && l.Contains("20 sales", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Two_hosts_read_a_till_one_at_a_time()
    {
        await using var bar = await Polled.OpenAsync(await postgres.CreateDatabaseAsync(), pageSize: 10);
        await bar.AddHostAsync(HurriedTime.ForProviders);
        await bar.SyncAsync();
        var from = Polled.Today.AddDays(-100);
        new History { LocationId = bar.Till.Location.Id, Count = 400, From = from, To = from.AddDays(1) }.RingUp(bar.Square.Ledger);
        bar.Square.Requests.Clear();

        var run = await bar.SyncAsync(from: from, to: from.AddDays(1));

        run.At("created").GetInt32().ShouldBe(400);
        bar.Square.Requests.Requests.Count(r => r.Path == "/v2/payments" && !r.Query.Contains("offline", StringComparison.Ordinal)).ShouldBe(40);
        await bar.ShouldEqualSquareAsync();
    }
}
