using System.Text.Json;
using Ingestion.Syncs;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Syncs;

/// <summary>
/// A provider answers with the status of a success, but with something else than the page that was asked for. The run is parked with the
/// reason, reads the page again later and loses nothing.
/// </summary>
public sealed class UnusableResponseTests(TestPostgres postgres)
{
    private const string SquareErrors =
        """{"errors":[{"category":"API_ERROR","code":"INTERNAL_SERVER_ERROR","detail":"Something went wrong."}]}""";

    private static async Task<string> StartSyncAsync(TestVenue venue, Guid connectionId) =>
        (
            await venue.Owner.GetDataAsync(
                "mutation($id: ID!) { syncTransactions(input: { venueId: \"bar\", connectionId: $id }) { runs { id } } }",
                new { id = connectionId }
            )
        )
            .At("syncTransactions.runs.0.id")
            .GetString()!;

    private static async Task<JsonElement> GetConnectionAsync(TestVenue venue, Guid connectionId) => (
            await venue.Owner.GetDataAsync(
                """
                { venue(id: "bar") { posConnections {
                  id status statusReason { code message } sync { recentErrors { code message } } } } }
                """
            )
        ).At("venue.posConnections").EnumerateArray().Single(c => c.At("id").GetGuid() == connectionId);

    private static Task<int> GetPauseAsync(TestVenue venue, string runId) =>
        venue.SqlAsync<int>($"select extract(epoch from resume_at - updated_at)::int from ingestion.sync_runs where id = '{runId}'");

    // The run is tried twice with the fault and then without it.
    private static async Task ShouldParkAndThenCompleteAsync(TestVenue venue, Guid connectionId, string row, Fault fault, string code)
    {
        venue.Simulator.Faults.Add(fault);
        var id = await StartSyncAsync(venue, connectionId);

        var parked = await venue.WaitForSyncRunAsync(id, "PARKED", "COMPLETED");
        parked.At("status").GetString().ShouldBe("PARKED", row);
        parked.At("error.code").GetString().ShouldBe(code, row);
        var message = parked.At("error.message").GetString()!;
        var firstPause = await GetPauseAsync(venue, id);
        firstPause.ShouldBeGreaterThanOrEqualTo(15, row);
        await venue.SqlAsync<int>($"update ingestion.sync_runs set resume_at = now() where id = '{id}'");
        await Wait.UntilAsync(async () => await venue.SqlAsync<int>($"select faults from ingestion.sync_runs where id = '{id}'") == 2);
        (await GetPauseAsync(venue, id)).ShouldBeGreaterThan(firstPause, row);
        var connection = await GetConnectionAsync(venue, connectionId);
        (connection.At("sync.recentErrors.0.code").GetString(), connection.At("sync.recentErrors.0.message").GetString()).ShouldBe(
            (code, message),
            row
        );
        if (code == "SYNC_FAILED")
        {
            // The order of a sale is fetched beside the run, and its success may have ended the attention; the run's next try renews it.
            await Wait.UntilAsync(async () =>
            {
                connection = await GetConnectionAsync(venue, connectionId);
                if (connection.At("status").GetString() == "NEEDS_ATTENTION")
                    return true;
                await venue.SqlAsync<int>($"update ingestion.sync_runs set resume_at = now() where id = '{id}'");
                return false;
            });
            connection.At("statusReason.message").GetString().ShouldBe(message, row);
        }

        venue.Simulator.Faults.Clear();
        await venue.SqlAsync<int>($"update ingestion.sync_runs set resume_at = now() where id = '{id}'");
        var completed = await venue.WaitForSyncRunAsync(id, "COMPLETED");
        completed.At("error").ValueKind.ShouldBe(JsonValueKind.Null, row);
        (await GetConnectionAsync(venue, connectionId)).At("status").GetString().ShouldBe("CONNECTED", row);
    }

    private static void AddSquareSale(TestVenue venue) =>
        venue.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = venue.Seller.Location.Id,
                Amount = 100,
                Captured = true,
                Announce = false,
            }
        );

    [Fact]
    public async Task A_response_of_Square_that_is_no_page_parks_the_run_and_nothing_is_lost()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync();
        (string Path, string Body, string Code)[] rows =
        [
            ("/v2/payments", SquareErrors, "PROVIDER_UNAVAILABLE"),
            ("/v2/payments", SquareErrors[..^1] + ""","payments":null}""", "PROVIDER_UNAVAILABLE"),
            ("/v2/refunds", SquareErrors, "PROVIDER_UNAVAILABLE"),
            ("/v2/payments", """{"errors":[{"category":"RATE_LIMIT_ERROR","code":"RATE_LIMITED"}]}""", "RATE_LIMIT_EXCEEDED"),
            ("/v2/payments", """{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"NOT_FOUND"}]}""", "SYNC_FAILED"),
            ("/v2/payments", "[]", "SYNC_FAILED"),
            ("/v2/refunds", "[]", "SYNC_FAILED"),
            ("/v2/payments", "null", "SYNC_FAILED"),
            ("/v2/payments", """{"payments":{}}""", "SYNC_FAILED"),
            ("/v2/payments", """{"payments":[],"cursor":7}""", "SYNC_FAILED"),
            ("/v2/payments", "{\"payments\":[],\"cursor\":\"\\ud800\"}", "SYNC_FAILED"),
        ];
        foreach (var (path, body, code) in rows)
        {
            AddSquareSale(venue);
            var fault = new Fault
            {
                Path = path,
                Status = 200,
                Body = body,
            };
            await ShouldParkAndThenCompleteAsync(venue, venue.ConnectionId, $"{path} {body}", fault, code);
        }
        await venue.ShouldEqualSquareAsync();
    }

    [Fact]
    public async Task An_empty_object_of_Square_is_an_empty_page()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        foreach (var body in new[] { "{}", """{"errors":[]}""", """{"payments":null,"refunds":null}""" })
        {
            venue.Simulator.Faults.Clear();
            foreach (var path in new[] { "/v2/payments", "/v2/refunds" })
                venue.Simulator.Faults.Add(
                    new Fault
                    {
                        Path = path,
                        Status = 200,
                        Body = body,
                    }
                );
            var run = await venue.SyncAsync();
            (run.At("status").GetString(), run.At("fetched").GetInt32()).ShouldBe(("COMPLETED", 0), body);
        }
    }

    [Fact]
    public async Task A_response_of_Toast_that_is_no_page_parks_the_run_and_nothing_is_lost()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var (account, connectionId) = await venue.ConnectToastAsync();
        await venue.SyncAsync(connectionId);
        (string Body, string Code)[] rows =
        [
            ("""{"status":500,"code":999,"message":"Something went wrong."}""", "PROVIDER_UNAVAILABLE"),
            ("""{"status":429,"code":10010,"message":"Too many."}""", "RATE_LIMIT_EXCEEDED"),
            ("""{"errors":[{"code":1}]}""", "PROVIDER_UNAVAILABLE"),
            ("""{"status":404,"code":1,"message":"No."}""", "SYNC_FAILED"),
            ("{}", "SYNC_FAILED"),
            ("\"orders\"", "SYNC_FAILED"),
            ("null", "SYNC_FAILED"),
        ];
        foreach (var (body, code) in rows)
        {
            venue.Simulator.Toast.Ledger.AddSale(
                new ToastSale
                {
                    RestaurantGuid = account.Restaurant.Guid,
                    Price = 1000,
                    Captured = true,
                    Announce = false,
                }
            );
            var fault = new Fault
            {
                Path = "/orders/v2/ordersBulk",
                Status = 200,
                Body = body,
            };
            await ShouldParkAndThenCompleteAsync(venue, connectionId, body, fault, code);
        }
        await venue.ShouldEqualToastAsync(account);
    }

    [Fact]
    public async Task A_cursor_that_comes_again_parks_the_run_while_other_runs_and_webhooks_go_on()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync();
        var from = SyncTestVenue.Today.AddDays(-30);
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/payments",
                Status = 200,
                Times = 4,
                Body = """{"payments":[],"cursor":"SAME"}""",
            }
        );
        venue.Simulator.Requests.Clear();
        var backfill = (
            await venue.Owner.GetDataAsync(
                "mutation($from: DateTime!, $to: DateTime!) { "
                    + "syncTransactions(input: { venueId: \"bar\", from: $from, to: $to }) { runs { id } } }",
                new { from, to = from.AddDays(1) }
            )
        )
            .At("syncTransactions.runs.0.id")
            .GetString()!;

        var parked = await venue.WaitForSyncRunAsync(backfill, "PARKED", "COMPLETED");
        (parked.At("status").GetString(), parked.At("error.code").GetString()).ShouldBe(("PARKED", "SYNC_FAILED"));
        parked.At("error.message").GetString()!.ShouldContain("leads back to a page that was already read");
        venue.Simulator.Requests.Requests.Count(r => r.Path == "/v2/payments").ShouldBeInRange(2, 3); // the next page is fetched ahead
        (await GetConnectionAsync(venue, venue.ConnectionId)).At("sync.recentErrors.0.code").GetString().ShouldBe("SYNC_FAILED");
        venue.Simulator.Faults.Clear();
        AddSquareSale(venue);
        (await venue.PostWebhookAsync(venue.PaymentEvent("meanwhile"))).ShouldBe(System.Net.HttpStatusCode.OK);
        var other = await StartSyncAsync(venue, venue.ConnectionId);
        (await venue.WaitForSyncRunAsync(other, "COMPLETED")).At("created").GetInt32().ShouldBe(1);

        // The list is read anew from its start, because its cursor led nowhere.
        venue.Simulator.Requests.Clear();
        await venue.SqlAsync<int>($"update ingestion.sync_runs set resume_at = now() where id = '{backfill}'");
        await venue.WaitForSyncRunAsync(backfill, "COMPLETED");
        venue.Simulator.Requests.Requests.ShouldAllBe(r => !r.Query.Contains("SAME"));
    }

    [Fact]
    public async Task Cursors_in_a_circle_park_the_run_even_when_its_host_changes()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync();
        AddPages(0, 2);
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/payments",
                Status = 503,
                Times = 4,
            }
        );
        AddPages(2, 20);
        var id = await StartSyncAsync(venue, venue.ConnectionId);
        (await venue.WaitForSyncRunAsync(id, "PARKED", "COMPLETED")).At("pages").GetInt32().ShouldBe(2);
        await venue.Host.DisposeAsync();
        venue.Hosts.Clear();
        await venue.SqlAsync<int>($"update ingestion.sync_runs set resume_at = now() where id = '{id}'");

        await venue.AddHostAsync(AcceleratedTimeProvider.UseForProviders);
        await Wait.UntilAsync(async () =>
            await venue.SqlAsync<string>($"select error_code from ingestion.sync_runs where id = '{id}'") != "ProviderUnavailable"
            && await venue.SqlAsync<short>($"select status from ingestion.sync_runs where id = '{id}'") != (short)SyncStatus.Running
        );
        var parked = await venue.WaitForSyncRunAsync(id, "PARKED", "COMPLETED");
        (parked.At("status").GetString(), parked.At("error.code").GetString()).ShouldBe(("PARKED", "SYNC_FAILED"));
        parked.At("pages").GetInt32().ShouldBeLessThan(10);

        // Pages without payments whose cursors go round in a circle of three.
        void AddPages(int first, int count)
        {
            for (var i = first; i < first + count; i++)
                venue.Simulator.Faults.Add(
                    new Fault
                    {
                        Path = "/v2/payments",
                        Status = 200,
                        Times = 1,
                        Body = $$"""{"payments":[],"cursor":"CURSOR-{{i % 3}}"}""",
                    }
                );
        }
    }

    [Fact]
    public async Task A_run_of_more_pages_than_its_time_span_can_have_pauses_and_goes_on_later()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), pageSize: 1);
        await venue.SyncAsync();
        for (var i = 0; i < 3; i++)
            AddSquareSale(venue);
        // Three streams in a span of minutes may have 3,000 pages.
        venue.Simulator.Faults.Add(new Fault { Path = "/v2/payments", Status = 503 });
        var id = await StartSyncAsync(venue, venue.ConnectionId);
        await venue.WaitForSyncRunAsync(id, "PARKED");
        await venue.SqlAsync<int>($"update ingestion.sync_runs set pages = 2999 where id = '{id}'");
        venue.Simulator.Faults.Clear();
        await venue.SqlAsync<int>($"update ingestion.sync_runs set resume_at = now() where id = '{id}'");

        await Wait.UntilAsync(async () =>
            (await venue.WaitForSyncRunAsync(id, "PARKED", "COMPLETED")) is var run
            && (run.At("status").GetString() == "COMPLETED" || run.At("error.message").GetString()?.Contains("3,000 pages") == true)
        );
        var paused = await venue.WaitForSyncRunAsync(id, "PARKED", "COMPLETED");
        (paused.At("status").GetString(), paused.At("pages").GetInt32()).ShouldBe(("PARKED", 3000));
        (await GetPauseAsync(venue, id)).ShouldBe(900);
        await venue.SqlAsync<int>($"update ingestion.sync_runs set resume_at = now() where id = '{id}'");

        await venue.WaitForSyncRunAsync(id, "COMPLETED");
        await venue.ShouldEqualSquareAsync();
    }

    [Fact]
    public async Task The_error_of_a_run_counts_each_kind_over_all_pages_and_names_the_first_of_each()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync();
        var unreadable = string.Join(",", Enumerable.Range(1, 7).Select(i => $$"""{"id":"P{{i}}"}"""));
        var partial = $$"""
            {"id":"TIPLESS","created_at":"2026-11-20T20:00:00Z","updated_at":"2026-11-20T20:00:01Z","status":"COMPLETED",
            "location_id":"{{venue.Seller.Location.Id}}","tip_money":{"currency":"USD"},"total_money":{"amount":4200,"currency":"USD"} }
            """;
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/payments",
                Status = 200,
                Times = 1,
                Body = $$"""{"payments":[{{unreadable}},{{partial}}],"cursor":"NEXT"}""",
            }
        );
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/payments",
                Status = 200,
                Times = 1,
                Body = """{"payments":[]}""",
            }
        );
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/refunds",
                Status = 200,
                Times = 1,
                Body = """{"refunds":[{"id":"R1"}]}""",
            }
        );

        var run = await venue.SyncAsync();

        (run.At("status").GetString(), run.At("error.code").GetString()).ShouldBe(("COMPLETED", "SYNC_FAILED"));
        run.At("error.message")
            .GetString()
            .ShouldBe(
                "7 payments could not be used; the first: P1: The payment has no location_id. "
                    + "1 refund could not be used; the first: R1: The refund has no location_id. "
                    + "1 payment could be used only in part; the first: TIPLESS: The payment's tip_money has no whole amount with a "
                    + "currency and is taken as 0."
            );
        (await venue.SqlAsync<string>("select total_minor || ' ' || tip_minor from ingestion.transactions")).ShouldBe("4200 0");
    }
}
