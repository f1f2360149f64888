using System.Net;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Webhooks;

public sealed class ExactlyOnceTests(TestPostgres postgres)
{
    private const string Everything = """
        query($venue: ID!) { venue(id: $venue) {
          transactions { totalCount } revenue(period: ALL) { total { amountMinor } count } webhookEvents { nodes { id status } }
          member(userId: "guest") { lifetimeSpend { amountMinor currency } } } }
        """;

    [Fact]
    public async Task The_same_event_fifty_times_in_parallel_is_answered_200_and_counted_once()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        var second = await bar.AddHostAsync();
        await bar.LinkAsync("guest", "fingerprint-1");
        var body = bar.Event("p1", amount: 1250, fingerprint: "fingerprint-1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => bar.PostAsync(body, i % 2 == 0 ? bar.Host : second)));

        answers.ShouldAllBe(a => a == HttpStatusCode.OK);
        await bar.Host.WhenIdleAsync();
        var venue = (await bar.Owner.DataAsync(Everything, new { venue = Bar.VenueId })).GetProperty("venue");
        venue.At("transactions.totalCount").GetInt64().ShouldBe(2); // with the one that told the card
        venue.At("revenue.total.amountMinor").GetInt64().ShouldBe(1250 + 100);
        venue.At("webhookEvents.nodes").GetArrayLength().ShouldBe(2);
        venue.At("member.lifetimeSpend").ToString().ShouldBe("""[{"amountMinor":1350,"currency":"USD"}]""");
    }

    [Fact]
    public async Task One_poisonous_event_among_200_is_kept_FAILED_and_the_200_are_in()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        // PostgreSQL takes no NUL in text (SQLSTATE 22021), so this one breaks the batch it is in.
        var poison = bar.Event("poison", extra: "\"note\":\"x\",").AsSpan().ToArray();
        poison = System.Text.Encoding.UTF8.GetBytes(
            System.Text.Encoding.UTF8.GetString(poison).Replace("order-poison", "order\\u0000poison", StringComparison.Ordinal)
        );

        var posts = Enumerable.Range(0, 200).Select(i => bar.PostAsync(bar.Event($"good-{i}", amount: 100))).Append(bar.PostAsync(poison));
        (await Task.WhenAll(posts)).ShouldAllBe(a => a == HttpStatusCode.OK);

        await bar.Host.WhenIdleAsync();
        var venue = (
            await bar.Owner.DataAsync(
                """
                query($venue: ID!) { venue(id: $venue) { transactions { totalCount } revenue(period: ALL) { total { amountMinor } count }
                  webhookEvents(status: FAILED) { nodes { reason payload } } } }
                """,
                new { venue = Bar.VenueId }
            )
        ).GetProperty("venue");
        venue.At("transactions.totalCount").GetInt64().ShouldBe(200);
        venue.At("revenue.total.amountMinor").GetInt64().ShouldBe(20_000);
        venue.At("webhookEvents.nodes").GetArrayLength().ShouldBe(1);
        venue.At("webhookEvents.nodes.0.payload").GetString()!.ShouldContain("order\\u0000poison");
        venue.At("webhookEvents.nodes.0.reason").GetString()!.ShouldContain("22021");
    }

    [Fact]
    public async Task An_event_id_that_cannot_be_stored_is_kept_under_its_hash()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());

        (await bar.PostAsync(bar.Event("p1", eventId: "\\u0000"))).ShouldBe(HttpStatusCode.OK);
        (
            await bar.PostAsync(
                bar.Event(
                    "p2",
                    eventId: new string('x', 20) + string.Concat(Enumerable.Range(0, 4000).Select(i => (char)('a' + i * i % 26)))
                )
            )
        ).ShouldBe(HttpStatusCode.OK);

        (
            await bar.SqlAsync<long>("select count(*) from ingestion.webhook_events where status = 3 and event_id like 'sha256:%'")
        ).ShouldBeGreaterThan(0);
        (await bar.SqlAsync<long>("select count(*) from ingestion.webhook_events")).ShouldBe(2);
    }

    [Fact]
    public async Task When_the_save_fails_half_way_nothing_of_that_event_has_left_the_module()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        // The raw event and the transaction are written before the version: all three must go together.
        await bar.SqlAsync<object?>(
            """
            create function ingestion.break() returns trigger language plpgsql as $$ begin
              if new.total_minor = 666 then raise exception 'broken' using errcode = '22023'; end if; return new; end $$;
            create trigger break before insert on ingestion.transaction_versions for each row execute function ingestion.break();
            select null::text
            """
        );

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => bar.PostAsync(bar.Event($"p{i}", amount: i == 7 ? 666 : 100)))
        );

        answers.ShouldAllBe(a => a == HttpStatusCode.OK);
        await bar.Host.WhenIdleAsync();
        (await bar.SqlAsync<long>("select count(*) from ingestion.transactions")).ShouldBe(19);
        (await bar.SqlAsync<long>("select count(*) from ingestion.transactions where total_minor = 666")).ShouldBe(0);
        (await bar.SqlAsync<long>("select seq from ingestion.feed_heads where venue_id = 'bar'")).ShouldBe(19);
        (await bar.SqlAsync<decimal>("select sum(total_minor) from analytics.revenue_buckets")).ShouldBe(1900);
        (await bar.SqlAsync<string>("select reason from ingestion.webhook_events where status = 3")).ShouldContain("22023");
    }

    [Fact]
    public async Task A_change_whose_handler_fails_is_parked_passed_over_and_counted_once_when_the_handler_recovers()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.SqlAsync<object?>(
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
                bar.PostAsync(bar.Event($"p{i}", amount: 100, extra: i == 11 ? "\"tip_money\":{\"amount\":13,\"currency\":\"USD\"}," : ""))
            );
        await Task.WhenAll(posts);
        await bar.Host.WhenIdleAsync(mayPark: true);

        // Neighbours and the other reader are untouched.
        (await bar.SqlAsync<decimal>("select sum(total_minor) from analytics.revenue_buckets")).ShouldBe(2900);
        (await bar.SqlAsync<long>("select count(*) from analytics.feed_dead_letters where error like '%broken%'")).ShouldBe(1);
        (await bar.SqlAsync<long>("select count(*) from rules.feed_dead_letters")).ShouldBe(0);
        (await bar.Host.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await bar.SqlAsync<object?>(
            "drop trigger break on analytics.revenue_buckets; update analytics.feed_dead_letters set next_attempt_at = now(); select null::text"
        );
        await Wait.UntilAsync(async () =>
        {
            await bar.PostAsync(bar.Event("again", amount: 0, eventId: "again")); // any bell makes the relay look
            return await bar.SqlAsync<long>("select count(*) from analytics.feed_dead_letters") == 0;
        });
        (await bar.SqlAsync<decimal>("select sum(total_minor) from analytics.revenue_buckets")).ShouldBe(3000);
    }
}
