using System.Net;
using System.Text;
using System.Text.Json;
using Analytics.Revenues;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Ledger;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Upgrade;

/// <summary>
/// A database of the first migrations, kept as <c>initial.sql</c>, is upgraded by the host when it starts and works as before. The dump
/// was written once by <c>pg_dump --column-inserts</c> and never changes: later migrations must be able to upgrade it.
/// </summary>
public sealed class UpgradeTests(TestPostgres postgres)
{
    private const string SignatureKey = "initial-key";

    private const string Query = """
        { venue(id: "bar") {
          transactions { nodes { externalId status total { amountMinor } refunded { amountMinor } } }
          members { nodes { userId tier unlocks { ruleName } } }
          revenue(period: ALL) { count total { amountMinor } } } }
        """;

    // How many hours, days and months differ from the sum of their quarter hours, and how many there are.
    private const string DifferingRollUps = """
        select count(*) filter (where (r.count, r.total_minor, r.tip_minor, r.refunded_minor, r.pending_minor, r.refunds_issued_minor)
          is distinct from (s.count, s.total_minor, s.tip_minor, s.refunded_minor, s.pending_minor, s.refunds_issued_minor))
          || ' of ' || count(*)
        from analytics.revenue_roll_ups r full join (
          select venue_id, level, date_trunc(unit, starts_at, 'UTC') as starts_at, provider, payment_method, currency, sum(count) as count,
            sum(total_minor) as total_minor, sum(tip_minor) as tip_minor, sum(refunded_minor) as refunded_minor,
            sum(pending_minor) as pending_minor, sum(refunds_issued_minor) as refunds_issued_minor
          from analytics.revenue_buckets, (values (1, 'hour'), (2, 'day'), (3, 'month')) l(level, unit) group by 1, 2, 3, 4, 5, 6) s
        using (venue_id, level, starts_at, provider, payment_method, currency)
        """;

    [Fact]
    public async Task A_database_of_the_initial_schema_is_upgraded_read_and_written()
    {
        var database = await postgres.CreateEmptyDatabaseAsync();
        await RestoreAsync(database);
        var settings = new Dictionary<string, string?>
        {
            ["Pos:PublicBaseUrl"] = "https://pos.example.test",
            ["Pos:Syncs"] = "false",
            ["Pos:Square:BaseUrls:Sandbox"] = "http://127.0.0.1:1", // no provider is needed
        };

        await using var host = await TestHost.StartAsync(database, settings);
        await host.WhenIdleAsync();

        var owner = new GraphQLClient(host, TestKeys.Token(TestVenue.OwnerId));
        var venue = (await owner.GetDataAsync(Query)).GetProperty("venue");
        venue
            .At("transactions.nodes")
            .EnumerateArray()
            .Select(t => (Id(t), t.At("status").GetString(), t.At("total.amountMinor").GetInt64(), t.At("refunded.amountMinor").GetInt64()))
            .ShouldBe([("p2", "AUTHORIZED", 1000, 0), ("p1", "PARTIALLY_REFUNDED", 2500, 400), ("first-of-guest", "COMPLETED", 100, 0)]);
        venue.At("members.nodes").ToString().ShouldBe("""[{"userId":"guest","tier":"REGULAR","unlocks":[{"ruleName":"Regulars"}]}]""");
        venue.At("revenue").ToString().ShouldBe("""{"count":2,"total":{"amountMinor":2600}}""");

        (
            await owner.GetDataAsync(
                "{ venue(id: \"bar\") { member(userId: \"guest\") { identities { kind provider label linkedBy transactionCount } } } }"
            )
        )
            .At("venue.member.identities")
            .ToString()
            .ShouldBe("""[{"kind":"CARD","provider":"SQUARE","label":"VISA •••• 1111","linkedBy":null,"transactionCount":2}]""");

        // Figures that the first version did not keep are added up from its transactions and refunds.
        await host.Services.GetRequiredService<RevenueRebuilds>().RunDueAsync(TestContext.Current.CancellationToken);
        (await owner.GetDataAsync("{ venue(id: \"bar\") { revenue(period: ALL) { refundsIssued { amountMinor } incompleteCount } } }"))
            .At("venue.revenue")
            .ToString()
            .ShouldBe("""{"refundsIssued":{"amountMinor":400},"incompleteCount":2}""");
        (
            await QueryAsync(
                database,
                "select venue_id || repetitions || (due_at > now() + interval '1 hour') from analytics.revenue_rebuilds"
            )
        ).ShouldBe("bar0true");

        (await PostPaymentAsync(host, database)).ShouldBe(HttpStatusCode.OK);
        await host.WhenIdleAsync();
        (await owner.GetDataAsync(Query)).At("venue.revenue").ToString().ShouldBe("""{"count":3,"total":{"amountMinor":2900}}""");
        (await QueryAsync(database, DifferingRollUps)).ShouldBe("0 of 7");
        (await QueryAsync(database, TransactionCounts.Differences)).ShouldBe(DBNull.Value);
        (await QueryAsync(database, "select sum(count)::text from ingestion.transaction_counts")).ShouldBe("4");

        static string? Id(JsonElement transaction) => transaction.At("externalId").GetString();
    }

    [Fact]
    public async Task Card_links_become_identities_and_hosts_of_the_version_before_read_and_write_them()
    {
        var database = await postgres.CreateEmptyDatabaseAsync();
        await RestoreAsync(database);
        await TestHost.MigrateAsync(database);

        // The statements of the first version.
        const string link = """
            insert into ingestion.card_links (venue_id, card_token, user_id, linked_at, counts_from)
            values ('bar', 'new', 'anna', '2026-11-20Z', null), ('bar', 'tjvJIew7HdLdcVfG3Hef-Q', 'ben', '2026-11-20Z', null)
            on conflict (venue_id, card_token) do update set
              user_id = excluded.user_id, linked_at = excluded.linked_at, counts_from = excluded.counts_from
            """;
        await QueryAsync(database, link);
        await QueryAsync(database, "delete from ingestion.card_links where venue_id = 'bar' and card_token = 'new' returning user_id");

        (
            await QueryAsync(
                database,
                """
                select string_agg(concat_ws(' ', l.kind, l.provider, l.token, c.user_id, l.id is not null), ', ')
                from ingestion.identity_links l join ingestion.card_links c on c.card_token = l.token where c.user_id = l.user_id
                """
            )
        ).ShouldBe("1 2 tjvJIew7HdLdcVfG3Hef-Q ben t");
    }

    [Fact]
    public async Task Roll_ups_are_filled_by_the_upgrade_and_follow_hosts_of_the_version_without_them()
    {
        var database = await postgres.CreateEmptyDatabaseAsync();
        await RestoreAsync(database);
        await TestHost.MigrateAsync(database);
        (await QueryAsync(database, DifferingRollUps)).ShouldBe("0 of 3");

        // The statement of the first version, which updates a quarter hour and adds others of the same day and of the next month.
        await QueryAsync(
            database,
            """
            insert into analytics.revenue_buckets as r
              (venue_id, starts_at, provider, payment_method, currency, count, total_minor, tip_minor, refunded_minor, pending_minor)
            select * from unnest(array['bar', 'bar', 'bar', 'bar'],
                array['2026-11-20 20:00Z', '2026-11-20 20:45Z', '2026-11-20 23:45Z', '2026-12-01 00:00Z']::timestamptz[],
                array[2, 2, 2, 2]::smallint[], array[1, 1, 1, 1]::smallint[], array['USD', 'USD', 'USD', 'USD'],
                array[-1, 1, 1, 1], array[-100, 200, 300, 400], array[1, 2, 3, 4], array[0, 5, 0, 6], array[-1000, 0, 7, 8])
              d(venue_id, starts_at, provider, payment_method, currency, count, total, tip, refunded, pending)
            order by d.venue_id, d.starts_at, d.provider, d.payment_method, d.currency
            on conflict (venue_id, starts_at, provider, payment_method, currency) do update set
              count = r.count + excluded.count, total_minor = r.total_minor + excluded.total_minor,
              tip_minor = r.tip_minor + excluded.tip_minor,
              refunded_minor = r.refunded_minor + excluded.refunded_minor, pending_minor = r.pending_minor + excluded.pending_minor
            """
        );

        (await QueryAsync(database, DifferingRollUps)).ShouldBe("0 of 7");
    }

    [Fact]
    public async Task Revocations_of_the_past_are_added_to_the_feed_behind_the_unlocks()
    {
        var database = await postgres.CreateEmptyDatabaseAsync();
        await RestoreAsync(database);
        await QueryAsync(
            database,
            "update rules.unlocks set revoked_at = unlocked_at + interval '1 hour', revoked_reason = 'A refund.' returning id::text"
        );

        await TestHost.MigrateAsync(database);

        (
            await QueryAsync(
                database,
                "select u.seq || ',' || u.revoked_seq || ',' || h.seq from rules.unlocks u join rules.feed_heads h using (venue_id)"
            )
        ).ShouldBe("1,2,2");
    }

    private static async Task RestoreAsync(string database)
    {
        var dump = Path.Combine(Repository.Root, "tests", "PosModular.IntegrationTests", "Upgrade", "initial.sql");
        await using var source = OpenUnpooled(database);
        await using var command = source.CreateCommand(await File.ReadAllTextAsync(dump, TestContext.Current.CancellationToken));
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Posts a payment of 3.00 with the signature key that the connection had when the dump was written.</summary>
    private static async Task<HttpStatusCode> PostPaymentAsync(TestHost host, string database)
    {
        await using var source = OpenUnpooled(database);
        await using var command = source.CreateCommand("select notification_url from integrations.pos_connections");
        var url = (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        var body = Encoding.UTF8.GetBytes(
            """
            {"merchant_id":"6SSW7HV8K2ST5","type":"payment.updated","event_id":"after-upgrade","created_at":"2026-11-21T20:00:00Z",
            "data":{"type":"payment","id":"p3","object":{"payment":{"id":"p3","status":"COMPLETED","created_at":"2026-11-21T20:00:00.000Z",
            "updated_at":"2026-11-21T20:00:00.000Z","location_id":"S8GWD5R9QB376","source_type":"CASH",
            "total_money":{"amount":300,"currency":"USD"}}}}}
            """
        );
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url).AbsolutePath) { Content = new ByteArrayContent(body) };
        request.Headers.TryAddWithoutValidation("x-square-hmacsha256-signature", TestVenue.Sign(body, url, SignatureKey));
        using var response = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static async Task<object?> QueryAsync(string database, string sql)
    {
        await using var source = OpenUnpooled(database);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    private static NpgsqlDataSource OpenUnpooled(string database) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
}
