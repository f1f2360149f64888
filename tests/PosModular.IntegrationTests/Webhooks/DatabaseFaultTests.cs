using System.Diagnostics;
using System.Net;
using System.Text;
using Ingestion.Webhooks;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Webhooks;

/// <summary>
/// Faults of a database that is reachable: no payment may be lost after a 200, and no venue may stop another.
/// </summary>
public sealed class DatabaseFaultTests(TestPostgres postgres)
{
    private const string CancelWaitingSql =
        "select count(pg_cancel_backend(pid)) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";

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

    private static async Task<(string Url, string Key)> ConnectNeighbourAsync(TestVenue venue)
    {
        await venue.RegisterVenueAsync("aaa", TestVenue.OwnerId);
        var seller = venue.Simulator.Sellers.AddSeller(new SellerDraft { LocationId = "LA", AccessToken = "token-of-a" });
        var (_, url, key) = await venue.ConnectSquareAsync("aaa", seller);
        return (url, key);
    }

    [Fact]
    public async Task A_cancelled_statement_is_retried_and_loses_no_payment()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("warm-up"));
        await using var lockHolder = await OpenConnectionAsync(venue);
        await ExecuteAsync(lockHolder, "begin; select seq from ingestion.feed_heads for update");
        var post = venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        await Wait.UntilAsync(async () =>
        {
            // A statement waits for the lock for a second at most. On a busy machine it may have ended before it could be cancelled.
            if (post.IsCompleted)
                post = venue.PostWebhookAsync(venue.PaymentEvent("p1"));
            return await venue.SqlAsync<long>(CancelWaitingSql) > 0;
        });
        await ExecuteAsync(lockHolder, "commit");

        (await post).ShouldBe(HttpStatusCode.OK);
        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions where external_id = 'p1'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_table_migrated_by_a_newer_host_makes_senders_retry_and_fails_no_payment()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await using var newerHost = await OpenConnectionAsync(venue);
        await ExecuteAsync(newerHost, "alter table ingestion.transactions add column column_of_a_newer_version int not null");

        var statusCodes = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => venue.PostWebhookAsync(venue.PaymentEvent($"p{i}"))));
        statusCodes.ShouldAllBe(a => a == HttpStatusCode.ServiceUnavailable);
        (await venue.SqlAsync<long>("select count(*) from ingestion.webhook_events")).ShouldBe(0);

        await ExecuteAsync(newerHost, "alter table ingestion.transactions drop column column_of_a_newer_version");
        (await Task.WhenAll(Enumerable.Range(0, 20).Select(i => venue.PostWebhookAsync(venue.PaymentEvent($"p{i}"))))).ShouldAllBe(a =>
            a == HttpStatusCode.OK
        );
    }

    [Theory]
    [InlineData("a\\u0000b")]
    [InlineData(null)]
    public async Task An_unreadable_event_with_an_id_that_cannot_be_stored_is_kept(string? id)
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        id ??= string.Concat(Enumerable.Range(0, 900).Select(_ => Guid.NewGuid().ToString("N")));

        (await venue.PostWebhookAsync(Encoding.UTF8.GetBytes($$"""{"event_id":"{{id}}","type":"payment.updated"}"""))).ShouldBe(
            HttpStatusCode.OK
        );

        (
            await venue.SqlAsync<string>($"select event_id from ingestion.webhook_events where status = {WebhookEventStatus.Failed:D}")
        ).ShouldStartWith("sha256:");
    }

    [Fact]
    public async Task A_venue_whose_feed_is_locked_gets_503_and_another_venue_is_not_affected()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var (url, key) = await ConnectNeighbourAsync(venue);
        await venue.PostWebhookAsync(venue.PaymentEvent("warm-up"));
        await using var lockHolder = await OpenConnectionAsync(venue);
        await ExecuteAsync(lockHolder, "begin; select seq from ingestion.feed_heads where venue_id = 'bar' for update");
        var startedAt = Stopwatch.GetTimestamp();

        var lockedPost = venue.PostWebhookAsync(venue.PaymentEvent("locked"));
        var neighbourPost = venue.PostWebhookAsync(venue.PaymentEvent("neighbour", locationId: "LA"), url: url, key: key);

        (await neighbourPost).ShouldBe(HttpStatusCode.OK);
        (await lockedPost).ShouldBe(HttpStatusCode.ServiceUnavailable);
        Stopwatch.GetElapsedTime(startedAt).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_hundred_failing_changes_do_not_delay_the_revenue_of_another_venue()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var (url, key) = await ConnectNeighbourAsync(venue);
        await using var connection = await OpenConnectionAsync(venue);
        await ExecuteAsync(
            connection,
            """
            create function analytics.bug() returns trigger language plpgsql as $$ begin
              if new.venue_id = 'aaa' then raise exception 'bug'; end if; return new; end $$;
            create trigger bug before insert on analytics.revenue_buckets for each row execute function analytics.bug()
            """
        );
        await Task.WhenAll(
            Enumerable.Range(0, 100).Select(i => venue.PostWebhookAsync(venue.PaymentEvent($"x{i}", locationId: "LA"), url: url, key: key))
        );
        var startedAt = Stopwatch.GetTimestamp();

        await venue.PostWebhookAsync(venue.PaymentEvent("good", amount: 777));
        await Wait.UntilAsync(async () =>
            await venue.SqlAsync<long>("select count(*) from analytics.revenue_buckets where venue_id = 'bar'") > 0
        );

        Stopwatch.GetElapsedTime(startedAt).ShouldBeLessThan(TimeSpan.FromSeconds(3));
        await venue.Host.WhenIdleAsync(allowDeadLetters: true);
        (await venue.Owner.GetDataAsync("{ venue(id: \"aaa\") { revenue(period: ALL) { count pendingChanges } } }"))
            .At("venue.revenue")
            .ToString()
            .ShouldBe("""{"count":0,"pendingChanges":100}""");
    }

    [Fact]
    public async Task A_row_written_by_a_newer_version_does_not_stop_the_host()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SqlAsync<object>("update integrations.pos_connections set webhook_error_code = 'CodeOfANewerVersion'");
        var seller = venue.Simulator.Sellers.AddSeller(new SellerDraft { LocationId = "LB", AccessToken = "token-of-b" });
        await venue.RegisterVenueAsync("bbb", TestVenue.OwnerId);
        await venue.ConnectSquareAsync("bbb", seller); // makes the host read all connections again

        (await venue.PostWebhookAsync(venue.PaymentEvent("after"))).ShouldBe(HttpStatusCode.OK);
        venue.Host.Log.Lines.Where(l => l.StartsWith("Critical", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Connections_that_share_a_signature_key_receive_the_payments_of_their_own_location()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        const string generalUrl = "https://pos.example.test/api/pos/webhooks/square";
        foreach (var n in new[] { "1", "2" })
        {
            await venue.RegisterVenueAsync("v" + n, TestVenue.OwnerId);
            var seller = venue.Simulator.Sellers.AddSeller(
                new SellerDraft
                {
                    MerchantId = venue.Seller.Merchant.Id,
                    LocationId = "LOC" + n,
                    AccessToken = "token-" + n,
                }
            );
            (
                await venue.Moderator.GetDataAsync(
                    "mutation($input: ConnectPosInput!) { connectPos(input: $input) { errors { code } } }",
                    new
                    {
                        input = new
                        {
                            venueId = "v" + n,
                            webhookSignatureKey = "shared",
                            credentials = new
                            {
                                provider = "SQUARE",
                                environment = "SANDBOX",
                                locationId = seller.Location.Id,
                                accessToken = seller.Token.Value,
                            },
                        },
                    }
                )
            ).At("connectPos.errors").GetArrayLength().ShouldBe(0);
        }

        foreach (var n in new[] { "1", "2" })
            (await venue.PostWebhookAsync(venue.PaymentEvent("p" + n, locationId: "LOC" + n), url: generalUrl, key: "shared")).ShouldBe(
                HttpStatusCode.OK
            );

        (
            await venue.SqlAsync<string>(
                "select string_agg(external_id || '@' || venue_id, ' ' order by external_id) from ingestion.transactions"
            )
        ).ShouldBe("p1@v1 p2@v2");
    }

    [Fact]
    public async Task A_location_connected_on_another_host_is_known_at_once_also_for_the_application_key()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        const string generalUrl = "https://pos.example.test/api/pos/webhooks/square";
        var otherHost = await TestHost.StartAsync(
            venue.Database,
            new Dictionary<string, string?>(venue.Settings) { ["Pos:Square:WebhookSignatureKey"] = "application-key" }
        );
        venue.Hosts.Add(otherHost);
        await venue.PostWebhookAsync(venue.PaymentEvent("warm-up"), otherHost, url: generalUrl, key: "application-key");

        for (var i = 0; i < 3; i++)
        {
            await venue.RegisterVenueAsync("w" + i, TestVenue.OwnerId);
            await venue.ConnectSquareAsync(
                "w" + i,
                venue.Simulator.Sellers.AddSeller(new SellerDraft { LocationId = "LX" + i, AccessToken = "token-x" + i })
            );
            (
                await venue.PostWebhookAsync(
                    venue.PaymentEvent("first" + i, locationId: "LX" + i),
                    otherHost,
                    url: generalUrl,
                    key: "application-key"
                )
            ).ShouldBe(HttpStatusCode.OK);
        }

        (
            await venue.SqlAsync<long>("select count(*) from ingestion.transactions where external_id like 'first%' and venue_id like 'w%'")
        ).ShouldBe(3);
    }

    [Fact]
    public async Task A_signature_key_that_cannot_be_decrypted_makes_senders_retry()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var hostWithAnotherKey = await TestHost.StartAsync(
            venue.Database,
            new Dictionary<string, string?>(venue.Settings) { ["POS_ENCRYPTION_KEY"] = new string('7', 64) }
        );
        venue.Hosts.Add(hostWithAnotherKey);

        (await venue.PostWebhookAsync(venue.PaymentEvent("p1"), hostWithAnotherKey)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await venue.PostWebhookAsync(venue.PaymentEvent("p1"))).ShouldBe(HttpStatusCode.OK);
        hostWithAnotherKey.Log.Lines.ShouldContain(l => l.Contains("POS_ENCRYPTION_KEY", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_moderator_sees_the_events_but_not_their_payloads()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));

        (await venue.Moderator.GetDataAsync("{ venue(id: \"bar\") { webhookEvents { nodes { type status } } } }"))
            .ToString()
            .ShouldContain("payment.updated");
        (await venue.Moderator.GetErrorCodeAsync("{ venue(id: \"bar\") { webhookEvents { nodes { payload } } } }")).ShouldBe("FORBIDDEN");
    }
}
