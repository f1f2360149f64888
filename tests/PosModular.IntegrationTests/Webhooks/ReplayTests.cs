using System.Net;
using System.Text.Json;
using Ingestion.Webhooks;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Webhooks;

/// <summary>
/// Stored events are replayed on request, routed once their location is connected, and deleted after their retention time.
/// </summary>
public sealed class ReplayTests(TestPostgres postgres)
{
    private static async Task<string> ReplayAsync(TestVenue venue, object input) =>
        (
            await venue.Moderator.GetDataAsync(
                "mutation($input: ReplayWebhookEventsInput!) { replayWebhookEvents(input: $input) { replayed errors { code field } } }",
                new { input }
            )
        )
            .At("replayWebhookEvents")
            .ToString();

    private static Task<string> CountByStatusAsync(TestVenue venue) =>
        venue.SqlAsync<string>(
            """
            select string_agg(concat_ws(' ', status, attempts, n), ', ' order by status, attempts)
            from (select status, attempts, count(*) n from ingestion.webhook_events group by 1, 2) s
            """
        );

    [Fact]
    public async Task A_failed_event_is_processed_once_its_fault_is_gone_and_replaying_again_changes_nothing()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SqlAsync<object?>(
            """
            create function ingestion.break() returns trigger language plpgsql as $$ begin
              if new.total_minor = 666 then raise exception 'broken' using errcode = '22023'; end if; return new; end $$;
            create trigger break before insert on ingestion.transaction_versions for each row execute function ingestion.break();
            select null::text
            """
        );
        await Task.WhenAll(
            Enumerable.Range(0, 5).Select(i => venue.PostWebhookAsync(venue.PaymentEvent($"p{i}", amount: i == 2 ? 666 : 100)))
        );
        (await CountByStatusAsync(venue)).ShouldBe("1 1 4, 3 1 1");

        (await ReplayAsync(venue, new { venueId = "bar" })).ShouldBe("""{"replayed":1,"errors":[]}""");
        (await CountByStatusAsync(venue)).ShouldBe("1 1 4, 3 2 1"); // the fault is still there

        await venue.SqlAsync<object?>("drop trigger break on ingestion.transaction_versions; select null::text");
        (await ReplayAsync(venue, new { venueId = "bar", status = "FAILED" })).ShouldBe("""{"replayed":1,"errors":[]}""");
        (await ReplayAsync(venue, new { venueId = "bar", status = "FAILED" })).ShouldBe("""{"replayed":0,"errors":[]}""");
        (await CountByStatusAsync(venue)).ShouldBe("1 1 4, 1 3 1");
        await venue.Host.WhenIdleAsync();
        (await venue.SqlAsync<decimal>("select sum(total_minor) from analytics.revenue_buckets")).ShouldBe(1066);
        var all = await venue.Moderator.GetDataAsync("{ venue(id: \"bar\") { webhookEvents { nodes { id } } } }");
        var ids = all.At("venue.webhookEvents.nodes").EnumerateArray().Select(n => n.At("id").GetString()).ToArray();
        (await ReplayAsync(venue, new { venueId = "bar", eventIds = ids })).ShouldBe("""{"replayed":5,"errors":[]}""");
        (await venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions")).ShouldBe(5);
    }

    [Fact]
    public async Task Thousands_of_ignored_events_are_replayed_page_by_page()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        for (var i = 0; i < 3; i++)
            await venue.PostWebhookAsync(venue.PaymentEvent($"p{i}", amount: 1_000_000));
        var body = JsonSerializer.Serialize(System.Text.Encoding.UTF8.GetString(venue.RefundEvent("REFUND", "PAYMENT", amount: 10)));
        await venue.SqlAsync<object?>(
            $"""
            insert into ingestion.webhook_events
              (venue_id, connection_id, event_id, type, id, provider, status, reason, received_at, attempts, payload)
            select 'bar', '{venue.ConnectionId}', 'old-' || i, 'refund.updated',
              ('0190a000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, {Provider.Square:D}, {WebhookEventStatus.Ignored:D},
              'Events of this type are not used.', now(), 1,
              convert_to(replace(replace(({Quote(body)}::jsonb #>> '{"{}"}'), 'REFUND', 'r' || i), 'PAYMENT', 'p' || i % 3), 'UTF8')
            from generate_series(1, 1300) i;
            select null::text
            """
        );

        (await ReplayAsync(venue, new { venueId = "bar", status = "IGNORED" })).ShouldBe("""{"replayed":1300,"errors":[]}""");

        (await CountByStatusAsync(venue)).ShouldBe("1 1 3, 1 2 1300");
        (await venue.SqlAsync<decimal>("select sum(refunded_minor) from ingestion.transactions")).ShouldBe(13_000);
        (
            await venue.SqlAsync<string>(
                "select string_agg(distinct cause::text, ' ') from ingestion.transaction_versions where applied and refunded_minor > 0"
            )
        ).ShouldBe("3");
        await venue.Host.WhenIdleAsync();
        (await venue.SqlAsync<decimal>("select sum(refunded_minor) from analytics.revenue_buckets")).ShouldBe(13_000);
    }

    private static string Quote(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    [Fact]
    public async Task Events_that_are_still_not_used_stay_IGNORED_and_invalid_input_is_refused()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", locationId: "elsewhere"));

        (await ReplayAsync(venue, new { venueId = "bar" })).ShouldBe("""{"replayed":1,"errors":[]}""");
        (await CountByStatusAsync(venue)).ShouldBe("2 2 1");
        (await ReplayAsync(venue, new { venueId = "bar", status = "PROCESSED" })).ShouldContain("INVALID_INPUT");
        (await ReplayAsync(venue, new { venueId = "bar", eventIds = new[] { "x" } })).ShouldContain("INVALID_INPUT");
        (await ReplayAsync(venue, new { venueId = "bar", eventIds = new[] { Guid.NewGuid().ToString() } })).ShouldContain("NOT_FOUND");
        (await venue.Owner.GetErrorCodeAsync("mutation { replayWebhookEvents(input: { venueId: \"bar\" }) { replayed } }")).ShouldBe(
            "FORBIDDEN"
        );
        (await venue.Owner.GetErrorCodeAsync("{ unroutedWebhookEvents { nodes { id } } }")).ShouldBe("FORBIDDEN");
    }

    [Fact]
    public async Task An_event_of_an_unknown_location_is_listed_and_routed_once_the_location_is_connected()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        const string generalUrl = "https://pos.example.test/api/pos/webhooks/square";
        var host = await TestHost.StartAsync(
            venue.Database,
            new Dictionary<string, string?>(venue.Settings) { ["Pos:Square:WebhookSignatureKey"] = "application-key" }
        );
        venue.Hosts.Add(host);
        foreach (var id in new[] { "p1", "p2" })
            (
                await venue.PostWebhookAsync(
                    venue.PaymentEvent(id, amount: 700, locationId: "LNEW"),
                    host,
                    url: generalUrl,
                    key: "application-key"
                )
            ).ShouldBe(HttpStatusCode.OK);
        var unrouted = (
            await venue.Moderator.GetDataAsync(
                "{ unroutedWebhookEvents(first: 1) { nodes { id status reason type } pageInfo { hasNextPage endCursor } } }"
            )
        ).GetProperty("unroutedWebhookEvents");
        unrouted.At("nodes.0.status").GetString().ShouldBe("IGNORED");
        unrouted.At("pageInfo.hasNextPage").GetBoolean().ShouldBeTrue();
        (await venue.Moderator.GetErrorCodeAsync("{ unroutedWebhookEvents { nodes { payload } } }")).ShouldBe("FORBIDDEN");
        var ids = (await venue.Moderator.GetDataAsync("{ unroutedWebhookEvents { nodes { id } } }"))
            .At("unroutedWebhookEvents.nodes")
            .EnumerateArray()
            .Select(n => n.At("id").GetString())
            .ToArray();

        // The events belong to no venue yet, so this one cannot replay them.
        (await ReplayAsync(venue, new { venueId = "bar", eventIds = ids })).ShouldBe("""{"replayed":0,"errors":[]}""");
        await venue.RegisterVenueAsync("new", TestVenue.OwnerId);
        await venue.ConnectSquareAsync(
            "new",
            venue.Simulator.Sellers.AddSeller(new SellerDraft { LocationId = "LNEW", AccessToken = "token-new" })
        );
        (await ReplayAsync(venue, new { venueId = "new", eventIds = ids })).ShouldBe("""{"replayed":2,"errors":[]}""");

        (
            await venue.SqlAsync<string>(
                "select string_agg(external_id || '@' || venue_id, ' ' order by external_id) from ingestion.transactions"
            )
        ).ShouldBe("p1@new p2@new");
        (await venue.Moderator.GetDataAsync("{ unroutedWebhookEvents { nodes { id } } }"))
            .At("unroutedWebhookEvents.nodes")
            .GetArrayLength()
            .ShouldBe(0);
        (await venue.Owner.GetDataAsync("{ venue(id: \"new\") { webhookEvents { nodes { status attempts payload } } } }"))
            .ToString()
            .ShouldContain("LNEW");
    }

    [Fact]
    public async Task Old_events_are_deleted_by_one_host_and_their_transactions_stay()
    {
        var clock = new FakeClock(Instant.FromUtc(2026, 11, 20, 22, 0));
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), services =>
            services.AddSingleton<IClock>(clock)
        );
        await Task.WhenAll(Enumerable.Range(0, 700).Select(i => venue.PostWebhookAsync(venue.PaymentEvent($"old-{i}", amount: 100))));
        clock.Advance(Duration.FromDays(59));
        await venue.PostWebhookAsync(venue.PaymentEvent("young"));
        var retention = venue.Host.Services.GetRequiredService<EventRetention>();
        (await retention.DeleteExpiredAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
        clock.Advance(Duration.FromDays(1) + Duration.FromSeconds(1));

        await using (var otherHost = new NpgsqlConnection(venue.Database))
        {
            await otherHost.OpenAsync(TestContext.Current.CancellationToken);
            await using var acquireLock = new NpgsqlCommand("select pg_advisory_lock(x'706f736d6576656e'::bigint)", otherHost);
            await acquireLock.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            (await retention.DeleteExpiredAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
            await using var releaseLock = new NpgsqlCommand("select pg_advisory_unlock_all()", otherHost);
            await releaseLock.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        (await retention.DeleteExpiredAsync(TestContext.Current.CancellationToken)).ShouldBe(700);

        (
            await venue.SqlAsync<string>(
                "select count(*) || ' ' || (select count(*) from ingestion.transactions) from ingestion.webhook_events"
            )
        ).ShouldBe("1 701");
    }
}
