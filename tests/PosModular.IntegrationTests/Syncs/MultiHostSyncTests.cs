using System.Globalization;
using Ingestion.Syncs;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Control;
using PosModular.Simulator.Payments;

namespace PosModular.IntegrationTests.Syncs;

/// <summary>Hosts are killed, restarted and share the work in the middle of a sync.</summary>
public sealed class MultiHostSyncTests(TestPostgres postgres)
{
    [Fact]
    public Task A_sync_whose_host_is_killed_under_webhook_load_resumes_at_its_page_and_counts_each_payment_once() =>
        SyncThroughKillsAsync(payments: 500, kills: 1);

    [Fact]
    [Trait("Category", "chaos")]
    public Task A_sync_whose_host_is_killed_three_times_under_webhook_load_resumes_at_its_page_and_counts_each_payment_once() =>
        SyncThroughKillsAsync(payments: 2_000, kills: 3);

    // The webhooks contain the payments that the sync reads, their orders, and as many other payments.
    private async Task SyncThroughKillsAsync(int payments, int kills)
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), pageSize: 10);
        await venue.SyncAsync();
        var from = SyncTestVenue.Today.AddDays(-100);
        var to = from.AddDays(1);
        new SalesHistory
        {
            LocationId = venue.Seller.Location.Id,
            Count = payments,
            From = from,
            To = to,
        }.AddTo(venue.Simulator.Ledger);
        new SalesHistory
        {
            LocationId = venue.Seller.Location.Id,
            Count = payments,
            From = from.AddDays(2),
            To = from.AddDays(3),
            Seed = 2,
        }.AddTo(venue.Simulator.Ledger);
        var events = venue.Simulator.Ledger.Events().Select(e => e.Body().ToArray()).ToArray();
        new Random(1).Shuffle(events);
        await venue.Host.DisposeAsync();
        venue.Hosts.Clear();

        var port = TestHost.FindFreePort();
        var host = HostProcess.Start(venue, port);
        await venue.SqlAsync<int>(
            $"""
            insert into ingestion.sync_runs (id, venue_id, connection_id, trigger, status, by_creation, from_at, to_at, stream, place,
              pass_pages, pass_found_changes, pages, fetched, created, updated, unchanged, started_at, updated_at, resume_at, faults)
            select gen_random_uuid(), 'bar', connection_id, {SyncTrigger.Backfill:D}, {SyncStatus.Running:D}, true,
              '{from:O}', '{to:O}', 0, '{from:O}', 0, false, 0, 0, 0, 0, 0, now(), now(), now(), 0 from ingestion.sync_states
            """
        );
        var load = WebhookLoad.SendAsync(venue, events, _ => host.Address, TimeSpan.FromMinutes(3));
        for (var kill = 1; kill <= kills; kill++)
        {
            var pages = payments / 10 / (kills + 2) * kill;
            await Wait.UntilAsync(async () =>
                await venue.SqlAsync<int>($"select pages from ingestion.sync_runs where trigger = {SyncTrigger.Backfill:D}") >= pages
            );
            (await venue.SqlAsync<short>($"select status from ingestion.sync_runs where trigger = {SyncTrigger.Backfill:D}")).ShouldNotBe(
                (short)SyncStatus.Completed,
                "the sync must still be running"
            );
            load.IsCompleted.ShouldBeFalse("the webhook load must still be running");
            await host.KillAsync();
            // Its lease would expire by itself after half a minute.
            await venue.SqlAsync<int>("update ingestion.sync_states set lease_until = now() - interval '1 second'");
            host = HostProcess.Start(venue, port);
        }
        await load;
        await Wait.UntilAsync(async () =>
            await venue.SqlAsync<long>(
                $"select count(*) from ingestion.sync_runs where trigger = {SyncTrigger.Backfill:D} and status <> {SyncStatus.Completed:D}"
            ) == 0
        );
        await host.DisposeAsync();

        (
            await venue.SqlAsync<string>(
                $"select pages || ' ' || created + updated + unchanged from ingestion.sync_runs where trigger = {SyncTrigger.Backfill:D}"
            )
        ).ShouldBe(string.Create(CultureInfo.InvariantCulture, $"{payments / 10 + 2} {payments}"));
        await venue.AddHostAsync();
        await venue.Host.WhenIdleAsync();
        await venue.ShouldEqualSquareAsync();
        (await venue.SqlAsync<string>("select sum(count) || ' ' || sum(total_minor) from analytics.revenue_buckets")).ShouldBe(
            string.Create(CultureInfo.InvariantCulture, $"{2 * payments} {venue.Simulator.Ledger.Payments().Sum(p => p.Total)}")
        );
        (
            await venue.SqlAsync<long>($"select count(*) from ingestion.webhook_events where status = {WebhookEventStatus.Processed:D}")
        ).ShouldBe(events.Length);
    }

    [Fact]
    public async Task After_an_outage_of_all_hosts_the_gap_is_covered_at_once_and_logged()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync();
        await venue.Host.DisposeAsync();
        venue.Hosts.Clear();
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
        // No host has run for ten minutes, and the next scheduled sync is a day away.
        await venue.SqlAsync<int>(
            """
            update integrations.pos_connections set sync_enabled = true;
            update ingestion.sync_states
            set alive_at = now() - interval '10 minutes', next_sync_at = now() + interval '1 day', last_sync_at = now()
            """
        );

        var host = await venue.AddHostAsync(AcceleratedTimeProvider.UseForProviders);
        await Wait.UntilAsync(async () =>
            await venue.SqlAsync<long>(
                $"select count(*) from ingestion.sync_runs where trigger = {SyncTrigger.Recovery:D} and status = {SyncStatus.Completed:D}"
            ) > 0
        );

        (await venue.SqlAsync<int>($"select created from ingestion.sync_runs where trigger = {SyncTrigger.Recovery:D}")).ShouldBe(20);
        (await venue.SqlAsync<string>("select distinct cause::text from ingestion.transaction_versions")).ShouldBe(
            $"{VersionCause.Recovery:D}"
        );
        await venue.ShouldEqualSquareAsync();
        await Wait.UntilAsync(() =>
            host.Log.Lines.Any(l =>
                l.Contains("After an outage", StringComparison.Ordinal) && l.Contains(": 20 ", StringComparison.Ordinal)
            )
        );
    }

    [Fact]
    public async Task A_connection_is_read_by_one_host_at_a_time()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), pageSize: 10);
        await venue.AddHostAsync(AcceleratedTimeProvider.UseForProviders);
        await venue.SyncAsync();
        var from = SyncTestVenue.Today.AddDays(-100);
        new SalesHistory
        {
            LocationId = venue.Seller.Location.Id,
            Count = 400,
            From = from,
            To = from.AddDays(1),
        }.AddTo(venue.Simulator.Ledger);
        venue.Simulator.Requests.Clear();

        var run = await venue.SyncAsync(from: from, to: from.AddDays(1));

        run.At("created").GetInt32().ShouldBe(400);
        venue
            .Simulator.Requests.Requests.Count(r => r.Path == "/v2/payments" && !r.Query.Contains("offline", StringComparison.Ordinal))
            .ShouldBe(40);
        await venue.ShouldEqualSquareAsync();
    }
}
