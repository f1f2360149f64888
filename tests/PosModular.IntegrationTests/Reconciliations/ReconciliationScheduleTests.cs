using System.Text.Json;
using Integrations.Contracts.Calendar;
using NodaTime;
using NodaTime.Text;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Payments;

namespace PosModular.IntegrationTests.Reconciliations;

/// <summary>Dates are reconciled by themselves, on one host at a time, and a run that is killed ends the same.</summary>
[Collection(NonParallelTests.Name)]
public sealed class ReconciliationScheduleTests(TestPostgres postgres)
{
    private static readonly DateTimeZone NewYork = DateTimeZoneProviders.Tzdb["America/New_York"];
    private static readonly LocalTime Cutoff = new(6, 0);
    private static readonly LocalDate Day = BusinessDates.Of(SystemClock.Instance.GetCurrentInstant(), NewYork, Cutoff).PlusDays(-4);

    private static DateTimeOffset StartOf(LocalDate day) => BusinessDates.Start(day, NewYork, Cutoff).ToDateTimeOffset();

    private static string[] Sell(TestVenue venue, int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                    venue
                        .Simulator.Ledger.AddSale(
                            new Sale
                            {
                                LocationId = venue.Seller.Location.Id,
                                Amount = 1_000 + i,
                                Captured = true,
                                At = StartOf(Day).AddMinutes(i),
                                Announce = false,
                            }
                        )
                        .Id
                ),
        ];

    [Fact]
    public async Task Dates_are_compared_by_themselves_once_whatever_the_number_of_hosts_and_again_after_an_outage()
    {
        await using var venue = await SyncTestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            extraSettings: new Dictionary<string, string?> { ["Pos:Syncs"] = "false" }
        );
        Sell(venue, 3);
        await venue.SqlAsync<int>($"update integrations.pos_connections set connected_at = '{StartOf(Day):O}', sync_enabled = false");
        var settings = venue.Settings.Append(new("Pos:Syncs", "true")).GroupBy(s => s.Key).ToDictionary(g => g.Key, g => g.Last().Value);
        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Moderator.Token!,
            "subscription { reconciliationChanged(venueId: \"bar\") { businessDate state } }"
        );
        for (var i = 0; i < 2; i++)
            await venue.AddHostAsync(AcceleratedTimeProvider.UseForProviders, settings);

        // Dates from the connection to the day before yesterday have ended long enough ago in any case.
        var calendar = default(JsonElement);
        var query =
            $"{{ venue(id: \"bar\") {{ reconciliations(from: \"{LocalDatePattern.Iso.Format(Day.PlusDays(-30))}\", to: "
            + $"\"{LocalDatePattern.Iso.Format(Day.PlusDays(2))}\") {{ businessDate state byConnection {{ theirs {{ count }} }} }} }} }}";
        await Wait.UntilAsync(async () =>
        {
            calendar = (await venue.Owner.GetDataAsync(query)).At("venue.reconciliations");
            return calendar.EnumerateArray().All(r => r.At("state").GetString() is "EQUAL" or "REPAIRED");
        });
        calendar
            .EnumerateArray()
            .Select(r => $"{r.At("businessDate").GetString()} {r.At("state").GetString()}")
            .ShouldBe([
                $"{LocalDatePattern.Iso.Format(Day.PlusDays(2))} EQUAL",
                $"{LocalDatePattern.Iso.Format(Day.PlusDays(1))} EQUAL",
                $"{LocalDatePattern.Iso.Format(Day)} REPAIRED",
            ]);
        calendar.At("2.byConnection.0.theirs.count").GetInt64().ShouldBe(3);
        var states = new List<string>();
        while (!states.Contains($"{LocalDatePattern.Iso.Format(Day)} REPAIRED"))
        {
            var changed = await subscriber.NextAsync();
            states.Add($"{changed.At("businessDate").GetString()} {changed.At("state").GetString()}");
        }
        (await venue.SqlAsync<short>($"select checks from analytics.reconciliations where business_date = '{Day:uuuu-MM-dd}'")).ShouldBe(
            (short)2
        );
        // Each date was compared once, and the one that differed once more.
        await Wait.UntilAsync(async () =>
            await venue.SqlAsync<long>("select count(*) from analytics.reconciliations where due_at is not null") == 0
        );
        int Listings() =>
            venue.Simulator.Requests.Requests.Count(r =>
                r.Path == "/v2/refunds" && r.Query.Contains(Uri.EscapeDataString($"{StartOf(Day):yyyy-MM-dd'T'HH:mm:ss'Z'}"))
            );
        Listings().ShouldBe(2);

        var outage = StartOf(Day).AddHours(2);
        await venue.SqlAsync<int>(
            $"""
            insert into ingestion.sync_runs (id, venue_id, connection_id, trigger, status, by_creation, from_at, to_at, stream, place,
              pass_pages, pass_found_changes, pages, fetched, created, updated, unchanged, started_at, updated_at, finished_at, resume_at,
              faults)
            select gen_random_uuid(), 'bar', '{venue.ConnectionId}', 4, 2, false, '{outage:O}', '{outage:O}', 0, '{outage:O}', 0, false, 0,
              0, 0, 0, 0, now(), now(), now(), now(), 0
            """
        );
        await venue.AddHostAsync(AcceleratedTimeProvider.UseForProviders, settings);
        await Wait.UntilAsync(() => Listings() == 3);
        (
            await venue.Owner.GetErrorCodeAsync(
                "{ venue(id: \"bar\") { reconciliations(from: \"2020-01-01\", to: \"2021-02-04\") { state } } }"
            )
        ).ShouldBe("INVALID_INPUT");
    }

    [Fact]
    public async Task A_run_that_is_killed_while_it_compares_or_repairs_ends_the_same_on_another_host()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), pageSize: 2);
        var ids = Sell(venue, 5);
        await venue.SyncAsync();
        await venue.Host.WhenIdleAsync();
        await venue.Host.DisposeAsync();
        venue.Hosts.Clear();
        await venue.SqlAsync<int>($"update ingestion.transactions set total_minor = 1 where external_id = '{ids[0]}'");
        await venue.SqlAsync<int>($"update ingestion.transactions set total_minor = 1 where external_id = '{ids[4]}'");
        await venue.SqlAsync<int>(
            $"""
            insert into analytics.reconciliations (venue_id, business_date, connection_id, id, state, due_at, faults, checks, updated_at)
            values ('bar', '{Day:uuuu-MM-dd}', '{venue.ConnectionId}', gen_random_uuid(), 1, now(), 0, 2, now())
            """
        );
        Task<string> RowAsync() =>
            venue.SqlAsync<string>(
                "select state || ' ' || (compared_at is not null) || ' ' || (due_at is not null) from analytics.reconciliations"
            );
        int Pages() => venue.Simulator.Requests.Requests.Count(r => r.Path == "/v2/payments");

        // Killed at the second page of the comparison: nothing is stored yet.
        foreach (var (skip, stored) in new[] { (1, "2 false true"), (5, "2 true true") })
        {
            venue.Simulator.Requests.Clear();
            venue.Simulator.Faults.Add(
                new Fault
                {
                    Path = "/v2/payments",
                    Skip = skip,
                    DelayMs = 60_000,
                }
            );
            await using (var host = HostProcess.Start(venue, TestHost.FindFreePort()))
            {
                await Wait.UntilAsync(() => Pages() > skip);
                await host.KillAsync();
            }
            venue.Simulator.Faults.Clear();
            (await RowAsync()).ShouldBe(stored);
            await venue.SqlAsync<int>("update analytics.reconciliation_leases set until = now()");
        }

        await venue.AddHostAsync(AcceleratedTimeProvider.UseForProviders);
        await Wait.UntilAsync(async () => await RowAsync() == "4 false false");
        (
            await venue.SqlAsync<string>(
                "select before_total_minor || ' ' || our_total_minor || ' ' || their_total_minor from analytics.reconciled_sums"
            )
        ).ShouldBe("3008 5010 5010");
        (await venue.SqlAsync<long>("select count(*) from analytics.reconciliation_differences where repaired and kind = 3")).ShouldBe(2);
        (await venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions where cause = 7")).ShouldBe(2);
        await venue.ShouldEqualSquareAsync();
    }
}
