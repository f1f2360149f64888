using System.Net;
using Ingestion.Webhooks;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Webhooks;

public sealed class ExactlyOnceTests(TestPostgres postgres)
{
    private const string VenueTotalsQuery = """
        query($venue: ID!) { venue(id: $venue) {
          transactions { totalCount } revenue(period: ALL) { total { amountMinor } count } webhookEvents { nodes { id status } }
          member(userId: "guest") { lifetimeSpend { amountMinor currency } } } }
        """;

    [Fact]
    public async Task The_same_event_fifty_times_in_parallel_is_answered_200_and_counted_once()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var secondHost = await venue.AddHostAsync();
        await venue.LinkCardAsync("guest", "fingerprint-1");
        var body = venue.PaymentEvent("p1", amount: 1250, fingerprint: "fingerprint-1");

        var statusCodes = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => venue.PostWebhookAsync(body, i % 2 == 0 ? venue.Host : secondHost))
        );

        statusCodes.ShouldAllBe(a => a == HttpStatusCode.OK);
        await venue.Host.WhenIdleAsync();
        var venueData = (await venue.Owner.GetDataAsync(VenueTotalsQuery, new { venue = TestVenue.VenueId })).GetProperty("venue");
        venueData.At("transactions.totalCount").GetInt64().ShouldBe(2); // one of them is the payment that linked the card
        venueData.At("revenue.total.amountMinor").GetInt64().ShouldBe(1250 + 100);
        venueData.At("webhookEvents.nodes").GetArrayLength().ShouldBe(2);
        venueData.At("member.lifetimeSpend").ToString().ShouldBe("""[{"amountMinor":1350,"currency":"USD"}]""");
    }

    [Fact]
    public async Task One_event_that_cannot_be_stored_is_kept_FAILED_and_the_200_others_of_its_batch_are_stored()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        // PostgreSQL stores no NUL in text (SQLSTATE 22021), so this event makes its whole batch fail.
        var unstorable = venue.PaymentEvent("unstorable", extraFields: "\"note\":\"x\",").AsSpan().ToArray();
        unstorable = System.Text.Encoding.UTF8.GetBytes(
            System.Text.Encoding.UTF8.GetString(unstorable).Replace("order-unstorable", "order\\u0000unstorable", StringComparison.Ordinal)
        );

        var posts = Enumerable
            .Range(0, 200)
            .Select(i => venue.PostWebhookAsync(venue.PaymentEvent($"good-{i}", amount: 100)))
            .Append(venue.PostWebhookAsync(unstorable));
        (await Task.WhenAll(posts)).ShouldAllBe(a => a == HttpStatusCode.OK);

        await venue.Host.WhenIdleAsync();
        var venueData = (
            await venue.Owner.GetDataAsync(
                """
                query($venue: ID!) { venue(id: $venue) { transactions { totalCount } revenue(period: ALL) { total { amountMinor } count }
                  webhookEvents(status: FAILED) { nodes { reason payload } } } }
                """,
                new { venue = TestVenue.VenueId }
            )
        ).GetProperty("venue");
        venueData.At("transactions.totalCount").GetInt64().ShouldBe(200);
        venueData.At("revenue.total.amountMinor").GetInt64().ShouldBe(20_000);
        venueData.At("webhookEvents.nodes").GetArrayLength().ShouldBe(1);
        venueData.At("webhookEvents.nodes.0.payload").GetString()!.ShouldContain("order\\u0000unstorable");
        venueData.At("webhookEvents.nodes.0.reason").GetString()!.ShouldContain("22021");
    }

    [Fact]
    public async Task An_event_whose_id_cannot_be_stored_is_kept_under_the_hash_of_its_body()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

        (await venue.PostWebhookAsync(venue.PaymentEvent("p1", eventId: "\\u0000"))).ShouldBe(HttpStatusCode.OK);
        (
            await venue.PostWebhookAsync(
                venue.PaymentEvent(
                    "p2",
                    eventId: new string('x', 20) + string.Concat(Enumerable.Range(0, 4000).Select(i => (char)('a' + i * i % 26)))
                )
            )
        ).ShouldBe(HttpStatusCode.OK);

        (
            await venue.SqlAsync<long>(
                $"select count(*) from ingestion.webhook_events where status = {WebhookEventStatus.Failed:D} and event_id like 'sha256:%'"
            )
        ).ShouldBeGreaterThan(0);
        (await venue.SqlAsync<long>("select count(*) from ingestion.webhook_events")).ShouldBe(2);
    }

    [Fact]
    public async Task When_saving_fails_half_way_nothing_of_that_event_has_left_the_module()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        // The raw event and the transaction are written before the version: all three must be rolled back together.
        await venue.SqlAsync<object?>(
            """
            create function ingestion.break() returns trigger language plpgsql as $$ begin
              if new.total_minor = 666 then raise exception 'broken' using errcode = '22023'; end if; return new; end $$;
            create trigger break before insert on ingestion.transaction_versions for each row execute function ingestion.break();
            select null::text
            """
        );

        var statusCodes = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => venue.PostWebhookAsync(venue.PaymentEvent($"p{i}", amount: i == 7 ? 666 : 100)))
        );

        statusCodes.ShouldAllBe(a => a == HttpStatusCode.OK);
        await venue.Host.WhenIdleAsync();
        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions")).ShouldBe(19);
        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions where total_minor = 666")).ShouldBe(0);
        (await venue.SqlAsync<long>("select seq from ingestion.feed_heads where venue_id = 'bar'")).ShouldBe(19);
        (await venue.SqlAsync<decimal>("select sum(total_minor) from analytics.revenue_buckets")).ShouldBe(1900);
        (
            await venue.SqlAsync<string>($"select reason from ingestion.webhook_events where status = {WebhookEventStatus.Failed:D}")
        ).ShouldContain("22023");
    }

    [Fact]
    public async Task A_change_whose_handler_fails_becomes_a_dead_letter_and_is_counted_once_when_the_handler_recovers()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SqlAsync<object?>(
            """
            create function analytics.break() returns trigger language plpgsql as $$ begin
              if new.tip_minor % 1000 = 13 then raise exception 'broken'; end if; return new; end $$;
            create trigger break before insert or update on analytics.revenue_buckets for each row execute function analytics.break();
            select null::text
            """
        );
        var posts = Enumerable
            .Range(0, 30)
            .Select(i =>
                venue.PostWebhookAsync(
                    venue.PaymentEvent(
                        $"p{i}",
                        amount: 100,
                        extraFields: i == 11 ? "\"tip_money\":{\"amount\":13,\"currency\":\"USD\"}," : ""
                    )
                )
            );
        await Task.WhenAll(posts);
        await venue.Host.WhenIdleAsync(allowDeadLetters: true);

        // The other changes and the other reader are not affected.
        (await venue.SqlAsync<decimal>("select sum(total_minor) from analytics.revenue_buckets")).ShouldBe(2900);
        (await venue.SqlAsync<long>("select count(*) from analytics.feed_dead_letters where error like '%broken%'")).ShouldBe(1);
        (await venue.SqlAsync<long>("select count(*) from rules.feed_dead_letters")).ShouldBe(0);
        (await venue.Host.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await venue.SqlAsync<object?>(
            """
            drop trigger break on analytics.revenue_buckets;
            update analytics.feed_dead_letters set next_attempt_at = now();
            select null::text
            """
        );
        await Wait.UntilAsync(async () =>
        {
            await venue.PostWebhookAsync(venue.PaymentEvent("wake-up", amount: 0, eventId: "wake-up")); // any new change wakes the relay
            return await venue.SqlAsync<long>("select count(*) from analytics.feed_dead_letters") == 0;
        });
        (await venue.SqlAsync<decimal>("select sum(total_minor) from analytics.revenue_buckets")).ShouldBe(3000);
    }
}
