using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Rules;

/// <summary>
/// Faults and load of one venue do not delay another, and changes applied in one batch have the effect of changes applied one by one.
/// </summary>
public sealed class FeedRelayTests(TestPostgres postgres)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(8);

    private static async Task<NpgsqlConnection> OpenConnectionAsync(TestVenue venue)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(venue.Database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Connects a second venue and lets the readers read it; returns a function that posts one more of its payments.</summary>
    private static async Task<Func<string, Task>> ConnectNeighbourAsync(TestVenue venue)
    {
        await venue.RegisterVenueAsync("zzz", TestVenue.OwnerId);
        var (_, url, key) = await venue.ConnectSquareAsync(
            "zzz",
            venue.Simulator.Sellers.AddSeller(new SellerDraft { LocationId = "LZ", AccessToken = "token-of-z" })
        );
        async Task SendAsync(string id) => await venue.PostWebhookAsync(venue.PaymentEvent(id, locationId: "LZ"), url: url, key: key);
        await SendAsync("neighbour-warm-up");
        await venue.PostWebhookAsync(venue.PaymentEvent("warm-up"));
        await venue.Host.WhenIdleAsync();
        return SendAsync;
    }

    private static Task WaitForAsync(TestVenue venue, string condition) =>
        Wait.UntilAsync(() => venue.SqlAsync<bool>($"select coalesce(({condition}), false)"), Timeout, condition);

    [Fact]
    public async Task A_venue_with_endless_changes_does_not_starve_other_venues()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var sendNeighbourPayment = await ConnectNeighbourAsync(venue);
        await using var connection = await OpenConnectionAsync(venue);
        // Each change that is added to the revenue creates the next change.
        await ExecuteAsync(
            connection,
            """
            create function analytics.busy() returns trigger language plpgsql as $$ declare n bigint; begin
              if new.venue_id = 'bar' then
                update ingestion.feed_heads set seq = seq + 1 where venue_id = 'bar' returning seq into n;
                insert into ingestion.transaction_versions (venue_id, seq, transaction_id, applied, added, recorded_at, cause, provider,
                  status, currency, total_minor, tip_minor, refunded_minor, payment_method, occurred_at,
                  tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off)
                select venue_id, n, transaction_id, true, false, recorded_at, cause, provider,
                  status, currency, 1, 0, 0, payment_method, occurred_at, 0, 0, 0, false, false
                from ingestion.transaction_versions where venue_id = 'bar' and seq = n - 1;
              end if; return new; end $$;
            create trigger busy after insert or update on analytics.revenue_buckets for each row execute function analytics.busy()
            """
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("first of many"));
        await WaitForAsync(venue, "select seq > 20 from analytics.feed_positions where venue_id = 'bar'");

        await sendNeighbourPayment("neighbour-1");

        await WaitForAsync(venue, "select seq = 2 from analytics.feed_positions where venue_id = 'zzz'");
        await ExecuteAsync(connection, "drop trigger busy on analytics.revenue_buckets");
        await venue.Host.WhenIdleAsync();
    }

    [Fact]
    public async Task A_gap_in_a_feed_stops_its_own_venue_only_and_is_not_skipped()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var sendNeighbourPayment = await ConnectNeighbourAsync(venue);
        await using var lockHolder = await OpenConnectionAsync(venue);
        await ExecuteAsync(lockHolder, "begin; select from analytics.feed_positions where venue_id = 'bar' for update");
        await venue.PostWebhookAsync(venue.PaymentEvent("lost"));
        await venue.PostWebhookAsync(venue.PaymentEvent("kept"));
        await venue.SqlAsync<object>("delete from ingestion.transaction_versions where venue_id = 'bar' and seq = 2");
        await ExecuteAsync(lockHolder, "commit");
        await Wait.UntilAsync(
            () =>
                venue.Host.Log.Lines.Any(l =>
                    l.Contains("analytics", StringComparison.Ordinal) && l.Contains("venue bar jumps from 1 to 3", StringComparison.Ordinal)
                ),
            Timeout
        );

        await sendNeighbourPayment("neighbour-1");

        await WaitForAsync(venue, "select seq = 2 from analytics.feed_positions where venue_id = 'zzz'");
        (await venue.SqlAsync<long>("select seq from analytics.feed_positions where venue_id = 'bar'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_dead_letter_that_waits_for_a_lock_does_not_delay_other_venues()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var sendNeighbourPayment = await ConnectNeighbourAsync(venue);
        await venue.LinkCardAsync("guest", "card-1");
        await venue.Host.WhenIdleAsync();
        await using var lockHolder = await OpenConnectionAsync(venue);
        await ExecuteAsync(
            lockHolder,
            """
            create function rules.bug() returns trigger language plpgsql as $$ begin
              if new.venue_id = 'bar' then raise exception 'bug'; end if; return new; end $$;
            create trigger bug before insert on rules.lifetime_spend for each row execute function rules.bug()
            """
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("dead-letter", fingerprint: "card-1"));
        await WaitForAsync(venue, "select count(*) = 1 from rules.feed_dead_letters");
        await ExecuteAsync(
            lockHolder,
            "drop trigger bug on rules.lifetime_spend; begin; select from rules.feed_heads where venue_id = 'bar' for update"
        );
        await venue.SqlAsync<object>("update rules.feed_dead_letters set next_attempt_at = '2000-01-01'");
        await WaitForAsync(
            venue,
            "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        );

        await sendNeighbourPayment("neighbour-1");

        await WaitForAsync(venue, "select seq = 2 from rules.feed_positions where venue_id = 'zzz'");
        await ExecuteAsync(lockHolder, "commit");
        await venue.SqlAsync<object>("update rules.feed_dead_letters set next_attempt_at = '2000-01-01'");
        await WaitForAsync(venue, "select count(*) = 0 from rules.feed_dead_letters");
        (await venue.SqlAsync<long>("select captured_minor from rules.lifetime_spend where user_id = 'guest'")).ShouldBe(1100);
    }

    [Fact]
    public async Task A_tier_lost_and_earned_again_within_one_batch_is_revoked_and_unlocked_again()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        await venue.Owner.GetDataAsync(
            """
            mutation {
              a: createSpendRule(input: { venueId: "bar", name: "A", threshold: 10, unlocksTier: PLATINUM }) { errors { code } }
              b: createSpendRule(input: { venueId: "bar", name: "B", threshold: 5, currency: "EUR", unlocksTier: REGULAR }) {
                errors { code } } }
            """
        );
        await venue.LinkCardAsync("guest", "card-1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 1));
        await venue.Host.WhenIdleAsync();

        await using var lockHolder = await OpenConnectionAsync(venue);
        async Task PostInOneBatchAsync(params byte[][] events)
        {
            await ExecuteAsync(lockHolder, "begin; select from rules.feed_positions where venue_id = 'bar' for update");
            foreach (var body in events)
                await venue.PostWebhookAsync(body);
            await ExecuteAsync(lockHolder, "commit");
            await venue.Host.WhenIdleAsync();
        }

        await PostInOneBatchAsync(
            venue.PaymentEvent("p1", amount: 1000, refunded: 1000, fingerprint: "card-1", minute: 2),
            venue.PaymentEvent("p2", amount: 1000, fingerprint: "card-1")
        );
        await PostInOneBatchAsync(
            venue.PaymentEvent("p2", amount: 1000, refunded: 1000, fingerprint: "card-1", minute: 2),
            venue.PaymentEvent("p3", amount: 500, currency: "EUR", fingerprint: "card-1")
        );

        var venueData = (
            await venue.Owner.GetDataAsync(
                """
                { venue(id: "bar") { spendRules { name timesTriggered usersUnlocked }
                  member(userId: "guest") { tier unlocks { rule { name } revokedReason } history { from to reason unlockId } } } }
                """
            )
        ).GetProperty("venue");
        var member = venueData.GetProperty("member");
        venueData
            .At("spendRules")
            .EnumerateArray()
            .Select(r => $"{r.At("name")} {r.At("timesTriggered")} {r.At("usersUnlocked")}")
            .ShouldBe(["B 1 1", "A 2 0"]);
        member.At("tier").GetString().ShouldBe("REGULAR");
        member
            .At("unlocks")
            .EnumerateArray()
            .Select(u => $"{u.At("rule.name")} {u.At("revokedReason").ValueKind}")
            .ShouldBe(["A String", "A String", "B Null"]);
        member
            .At("history")
            .EnumerateArray()
            .Select(h => $"{h.At("from")} {h.At("to")} {h.At("reason")} {h.At("unlockId").ValueKind}")
            .ShouldBe(["GUEST PLATINUM Unlocked. String", "PLATINUM REGULAR An unlock was revoked. Null"]);
        venue.Host.Log.Lines.Where(l => l.Contains("23505", StringComparison.Ordinal)).ShouldBeEmpty();
    }
}
