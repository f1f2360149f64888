using Ingestion.Syncs;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Control;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Syncs;

/// <summary>
/// Whatever the provider does in the middle of a sync of fifty pages: in the end the stored payments equal the provider's, to the cent.
/// </summary>
public sealed class SyncFaultTests(TestPostgres postgres)
{
    private const int PageCount = 50;

    public static TheoryData<string> Faults =>
        [
            "429",
            "429 four times in a row",
            "500",
            "503 ten times",
            "connection cut",
            "response cut off",
            "slow",
            "401",
            "403",
            "unexpected status",
            "an expired cursor",
            "orders unavailable",
        ];

    private static Fault FaultOf(string name, string path) =>
        name switch
        {
            "429" => new Fault
            {
                Path = path,
                Skip = 7,
                Times = 1,
                Status = 429,
                Headers = new Dictionary<string, string> { ["Retry-After"] = "600" },
            },
            "429 four times in a row" => new Fault
            {
                Path = path,
                Skip = 9,
                Times = 4,
                Status = 429,
            },
            "500" => new Fault
            {
                Path = path,
                Skip = 11,
                Times = 3,
                Status = 500,
            },
            "503 ten times" => new Fault
            {
                Path = path,
                Skip = 13,
                Times = 10,
                Status = 503,
            },
            "connection cut" => new Fault
            {
                Path = path,
                Skip = 17,
                Times = 6,
                AbortConnection = true,
            },
            "response cut off" => new Fault
            {
                Path = path,
                Skip = 19,
                Times = 6,
                AbortAfterBytes = 900,
            },
            "slow" => new Fault
            {
                Path = path,
                Skip = 23,
                Times = 5,
                DelayMs = 3_000,
            }, // longer than the shortened timeout of a call
            "401" => new Fault
            {
                Path = path,
                Skip = 5,
                Times = 2,
                Status = 401,
            },
            "403" => new Fault
            {
                Path = path,
                Skip = 6,
                Times = 2,
                Status = 403,
            },
            "unexpected status" => new Fault
            {
                Path = path,
                Skip = 8,
                Times = 5,
                Status = 418,
            },
            "an expired cursor" => new Fault
            {
                Path = path,
                Skip = 12,
                Times = 1,
                Status = 400,
                Code = "INVALID_CURSOR",
            },
            _ => new Fault
            {
                Path = "/v2/orders",
                Skip = 3,
                Times = 12,
                Status = 500,
            },
        };

    [Fact]
    public async Task A_long_sync_of_Square_is_complete_after_every_kind_of_fault()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), pageSize: 10);
        await venue.SyncAsync();
        var (location, firstDay) = (venue.Seller.Location.Id, SyncTestVenue.Today.AddDays(-300));
        foreach (var (row, i) in Faults.Select((row, i) => (row, i)))
        {
            var name = row.Data;
            var from = firstDay.AddDays(i * 2);
            new SalesHistory
            {
                LocationId = location,
                Count = 10 * PageCount,
                From = from,
                To = from.AddDays(1),
                Seed = i,
            }.AddTo(venue.Simulator.Ledger);
            venue.Simulator.Faults.Clear();
            venue.Simulator.Faults.Add(FaultOf(name, "/v2/payments"));

            var run = await venue.SyncAsync(from: from, to: from.AddDays(1));

            run.At("status").GetString().ShouldBe("COMPLETED", name);
            run.At("created").GetInt32().ShouldBe(10 * PageCount, name);
            venue.Simulator.Faults.Active.ShouldAllBe(f => f.Matched > f.Fault.Skip, name);
        }
        await venue.ShouldEqualSquareAsync();
    }

    [Fact]
    public async Task A_long_sync_of_Toast_is_complete_after_every_kind_of_fault()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var (account, connectionId) = await venue.ConnectToastAsync();
        await venue.SyncAsync(connectionId);
        var firstDay = SyncTestVenue.Today.AddDays(-300);
        foreach (
            var (row, i) in Faults.Where(f => f.Data is not ("an expired cursor" or "orders unavailable")).Select((row, i) => (row, i))
        )
        {
            var name = row.Data;
            var from = firstDay.AddDays(i * 2);
            new ToastSalesHistory
            {
                RestaurantGuid = account.Restaurant.Guid,
                Count = 2_600,
                From = from,
                To = from.AddDays(1),
                Seed = i,
            }.AddTo(venue.Simulator.Toast.Ledger);
            venue.Simulator.Faults.Clear();
            venue.Simulator.Faults.Add(FaultOf(name, "/orders/v2/ordersBulk"));

            (await venue.SyncAsync(connectionId, from: from, to: from.AddDays(1))).At("status").GetString().ShouldBe("COMPLETED", name);
            venue.Simulator.Faults.Active.ShouldAllBe(f => f.Matched > f.Fault.Skip, name);
        }
        await venue.ShouldEqualToastAsync(account);
    }

    [Fact]
    public async Task A_parked_run_states_its_error_and_resumes_by_itself_each_time()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync();
        venue.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = venue.Seller.Location.Id,
                Amount = 100,
                Captured = true,
                Announce = false,
            }
        );
        venue.Simulator.Faults.Add(new Fault { Path = "/v2/payments", Status = 429 });
        var id = (await venue.Owner.GetDataAsync("mutation { syncTransactions(input: { venueId: \"bar\" }) { runs { id } } }"))
            .At("syncTransactions.runs.0.id")
            .GetString()!;

        for (var round = 1; round <= 6; round++) // a run is never given up
        {
            var parked = await venue.WaitForSyncRunAsync(id, "PARKED");
            parked.At("error.code").GetString().ShouldBe("RATE_LIMIT_EXCEEDED");
            await Wait.UntilAsync(async () =>
                await venue.SqlAsync<int>($"select faults from ingestion.sync_runs where id = '{id}'") >= round
            );
            await venue.SqlAsync<int>("update ingestion.sync_runs set resume_at = now()");
        }
        venue.Simulator.Faults.Clear();
        await venue.SqlAsync<int>($"update ingestion.sync_runs set resume_at = now() where status = {SyncStatus.Parked:D}");

        (await venue.WaitForSyncRunAsync(id, "COMPLETED")).At("created").GetInt32().ShouldBe(1);
        await venue.ShouldEqualSquareAsync();
    }

    [Fact]
    public async Task After_an_outage_of_the_provider_the_parked_run_covers_the_gap_up_to_now()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync(); // the first sync reads by creation time, all later ones by time of change
        venue.Simulator.Faults.Add(new Fault { Path = "/v2/payments", Status = 503 });
        var id = (await venue.Owner.GetDataAsync("mutation { syncTransactions(input: { venueId: \"bar\" }) { runs { id } } }"))
            .At("syncTransactions.runs.0.id")
            .GetString()!;
        var parked = await venue.WaitForSyncRunAsync(id, "PARKED");
        parked.At("error.code").GetString().ShouldBe("PROVIDER_UNAVAILABLE");
        parked.At("trigger").GetString().ShouldBe("MANUAL");
        for (var i = 0; i < 20; i++)
            venue.Simulator.Ledger.AddSale(
                new Sale
                {
                    LocationId = venue.Seller.Location.Id,
                    Amount = 100,
                    Captured = true,
                    Announce = false,
                }
            );

        // Two minutes later the provider is available again.
        await venue.SqlAsync<int>($"update ingestion.sync_runs set parked_since = parked_since - interval '2 minutes' where id = '{id}'");
        venue.Simulator.Faults.Clear();
        await venue.SqlAsync<int>($"update ingestion.sync_runs set resume_at = now() where id = '{id}'");

        var completed = await venue.WaitForSyncRunAsync(id, "COMPLETED");
        completed.At("trigger").GetString().ShouldBe("RECOVERY");
        completed.At("created").GetInt32().ShouldBe(20);
        completed.At("to").GetDateTimeOffset().ShouldBeGreaterThan(parked.At("to").GetDateTimeOffset());
        await venue.ShouldEqualSquareAsync();
        await Wait.UntilAsync(() =>
            venue.Host.Log.Lines.Any(l =>
                l.Contains("After an outage", StringComparison.Ordinal) && l.Contains(": 20 ", StringComparison.Ordinal)
            )
        );
    }
}
