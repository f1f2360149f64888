using System.Globalization;
using System.Text;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Connections;

public sealed class SecretsTests(TestPostgres postgres)
{
    [Fact]
    public async Task Access_tokens_and_signature_keys_are_stored_logged_and_returned_nowhere_in_plain_text()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        // The failing paths must not leak either: a refused signature, a failing provider, an invalid token.
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        await venue.PostWebhookAsync(venue.PaymentEvent("p2"), signature: "AAAA");
        venue.Simulator.Faults.Add(new Simulator.Faults.Fault { Path = "/v2/webhooks", Status = 403 });
        const string pasted = "a-pasted-signature-key";
        const string connect =
            "mutation($input: ConnectPosInput!) { connectPos(input: $input) { connection { id status webhook { notificationUrl "
            + "subscriptionId enabled } statusReason { message } } errors { message field } } }";
        object Input(string token, string? key = null) =>
            new
            {
                input = new
                {
                    venueId = TestVenue.VenueId,
                    webhookSignatureKey = key,
                    credentials = new
                    {
                        provider = "SQUARE",
                        environment = "SANDBOX",
                        locationId = venue.Seller.Location.Id,
                        accessToken = token,
                    },
                },
            };
        var responses = new List<string>
        {
            (await venue.Moderator.ExecuteAsync(connect, Input(venue.Seller.Token.Value))).ToString(),
            (await venue.Moderator.ExecuteAsync(connect, Input("a-wrong-access-token"))).ToString(),
            (await venue.Moderator.ExecuteAsync(connect, Input(venue.Seller.Token.Value, pasted))).ToString(),
            (
                await venue.Owner.ExecuteAsync(
                    "{ venue(id: \"bar\") { posConnections { id status webhook { notificationUrl subscriptionId } } webhookEvents { "
                        + "nodes { payload reason } } } }"
                )
            ).ToString(),
        };
        string[] secrets = [venue.Seller.Token.Value, "a-wrong-access-token", venue.SignatureKey, pasted, TestKeys.Encryption];

        foreach (var secret in secrets)
        {
            responses.ShouldAllBe(response => !response.Contains(secret, StringComparison.Ordinal));
            venue.Host.Log.Lines.Where(line => line.Contains(secret, StringComparison.Ordinal)).ShouldBeEmpty();
            (await FindTablesContainingAsync(venue.Database, secret)).ShouldBeEmpty();
        }
        // The search itself works: plain text is found in text columns and in bytea columns.
        (await FindTablesContainingAsync(venue.Database, venue.Seller.Location.Id)).ShouldContain("integrations.pos_connections");
        (await FindTablesContainingAsync(venue.Database, "order-p1")).ShouldContain("ingestion.webhook_events");
    }

    private static async Task<IReadOnlyList<string>> FindTablesContainingAsync(string database, string text)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        var tables = new List<string>();
        await using (
            var command = source.CreateCommand(
                "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
            )
        )
        await using (var row = await command.ExecuteReaderAsync())
            while (await row.ReadAsync())
                tables.Add(row.GetString(0));
        tables.Count.ShouldBeGreaterThan(10);
        var holding = new List<string>();
        var hex = Convert.ToHexString(Encoding.UTF8.GetBytes(text));
        foreach (var table in tables)
        {
            await using var command = source.CreateCommand($"select count(*) from {table} t where t::text like $1 or t::text ilike $2");
            command.Parameters.Add(new() { Value = "%" + text + "%" });
            command.Parameters.Add(new() { Value = "%" + hex + "%" });
            if (Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture) > 0)
                holding.Add(table);
        }
        return holding;
    }
}
