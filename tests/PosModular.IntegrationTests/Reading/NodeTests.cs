using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

/// <summary>What has an id can be read again by this id alone, by those who may see it and by nobody else.</summary>
public sealed class NodeTests(TestPostgres postgres)
{
    private static readonly string[] NodeTypes = ["Member", "PosConnection", "SpendRule", "SyncRun", "Transaction", "Venue"];

    private static async Task<TestVenue> CreateVenueAsync(TestPostgres postgres)
    {
        var venue = await TestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?> { ["Logging:LogLevel:Npgsql.Command"] = "Information" }
        );
        await venue.LinkCardAsync("guest", "card-of-guest");
        await venue.Owner.GetDataAsync(
            "mutation { createSpendRule(input: { venueId: \"bar\", name: \"Rule\", threshold: 50, unlocksTier: REGULAR }) { rule { id } } }"
        );
        await venue.Owner.GetDataAsync("mutation { syncTransactions(input: { venueId: \"bar\" }) { runs { id } errors { code } } }");
        await venue.Host.WhenIdleAsync();
        return venue;
    }

    /// <summary>The ids of one object of each type, as its owner reads them.</summary>
    private static async Task<Dictionary<string, string>> ReadIdsAsync(TestVenue venue)
    {
        var data = (
            await venue.Owner.GetDataAsync(
                """
                { venue(id: "bar") { id member(userId: "guest") { id } posConnections { id syncRuns { nodes { id } } }
                    spendRules { id } transactions { nodes { id } } } }
                """
            )
        ).GetProperty("venue");
        return new Dictionary<string, string>
        {
            ["Venue"] = data.At("id").GetString()!,
            ["Member"] = data.At("member.id").GetString()!,
            ["PosConnection"] = data.At("posConnections.0.id").GetString()!,
            ["SyncRun"] = data.At("posConnections.0.syncRuns.nodes.0.id").GetString()!,
            ["SpendRule"] = data.At("spendRules.0.id").GetString()!,
            ["Transaction"] = data.At("transactions.nodes.0.id").GetString()!,
        };
    }

    private static async Task<string?> ReadTypeAsync(GraphQLClient client, string id)
    {
        var node = (await client.GetDataAsync("query($id: ID!) { node(id: $id) { __typename id } }", new { id })).GetProperty("node");
        if (node.ValueKind == JsonValueKind.Null)
            return null;
        node.At("id").GetString().ShouldBe(id);
        return node.At("__typename").GetString();
    }

    [Fact]
    public async Task Each_caller_reads_by_id_what_their_rights_allow_and_null_otherwise()
    {
        await using var venue = await CreateVenueAsync(postgres);
        await venue.RegisterVenueAsync("other", "owner-of-another");
        var ids = await ReadIdsAsync(venue);
        ids.Keys.ShouldBe(NodeTypes, ignoreOrder: true);

        async Task<string[]> ReadableByAsync(GraphQLClient client)
        {
            var readable = new List<string>();
            foreach (var (type, id) in ids)
                if (await ReadTypeAsync(client, id) is { } found)
                {
                    found.ShouldBe(type);
                    readable.Add(found);
                }
            return [.. readable.Order()];
        }
        (await ReadableByAsync(venue.Owner)).ShouldBe(NodeTypes);
        (await ReadableByAsync(venue.Moderator)).ShouldBe(["PosConnection", "SpendRule", "SyncRun", "Venue"]);
        (await ReadableByAsync(new GraphQLClient(venue.Host, TestKeys.Token("guest")))).ShouldBe(["Member"]);
        (await ReadableByAsync(new GraphQLClient(venue.Host, TestKeys.Token("stranger")))).ShouldBeEmpty();
        (await ReadableByAsync(new GraphQLClient(venue.Host, TestKeys.Token("owner-of-another")))).ShouldBeEmpty();
        (await new GraphQLClient(venue.Host, null).GetErrorCodeAsync("{ node(id: \"bar\") { id } }")).ShouldBe("UNAUTHENTICATED");
        foreach (var unknown in new[] { "nowhere", "", Guid.NewGuid().ToString(), ids["Member"].ToUpperInvariant() + "x", "{" })
            (await ReadTypeAsync(venue.Owner, unknown)).ShouldBeNull(unknown);
    }

    [Fact]
    public async Task The_fields_of_a_node_are_those_of_its_type()
    {
        await using var venue = await CreateVenueAsync(postgres);
        var ids = await ReadIdsAsync(venue);

        var data = await venue.Owner.GetDataAsync(
            """
            query($venue: ID!, $connection: ID!, $transaction: ID!, $rule: ID!, $member: ID!, $run: ID!) {
              venue: node(id: $venue) { ... on Venue { name transactions { totalCount } } }
              connection: node(id: $connection) { ... on PosConnection { provider transactionCount } }
              transaction: node(id: $transaction) { ... on Transaction { total { formatted } member { id } } }
              rule: node(id: $rule) { ... on SpendRule { name usersUnlocked } }
              member: node(id: $member) { ... on Member { venueId userId tier lifetimeSpend { formatted } unlocks { tier } } }
              run: node(id: $run) { ... on SyncRun { trigger connectionId } } }
            """,
            new
            {
                venue = ids["Venue"],
                connection = ids["PosConnection"],
                transaction = ids["Transaction"],
                rule = ids["SpendRule"],
                member = ids["Member"],
                run = ids["SyncRun"],
            }
        );

        data.ToString()
            .ShouldBe(
                $$$"""
                {"venue":{"name":"bar","transactions":{"totalCount":1}},"connection":{"provider":"SQUARE","transactionCount":1},
                "transaction":{"total":{"formatted":"$1.00"},"member":{"id":"{{{ids["Member"]}}}"}},
                "rule":{"name":"Rule","usersUnlocked":0},
                "member":{"venueId":"bar","userId":"guest","tier":"GUEST","lifetimeSpend":[{"formatted":"$1.00"}],"unlocks":[]},
                "run":{"trigger":"MANUAL","connectionId":"{{{ids["PosConnection"]}}}"}}
                """.ReplaceLineEndings("")
            );
        (
            await new GraphQLClient(venue.Host, TestKeys.Token("guest")).GetDataAsync(
                "{ viewer { id userId memberships { member { id } } } }"
            )
        )
            .At("viewer")
            .ToString()
            .ShouldBe($$$"""{"id":"guest","userId":"guest","memberships":[{"member":{"id":"{{{ids["Member"]}}}"}}]}""");
    }

    [Fact]
    public async Task A_venue_whose_id_the_application_chose_hides_another_object_only_from_those_who_may_see_the_venue()
    {
        await using var venue = await CreateVenueAsync(postgres);
        var id = (await ReadIdsAsync(venue))["Transaction"];
        await venue.RegisterVenueAsync(id, "owner-of-another");

        (await ReadTypeAsync(venue.Owner, id)).ShouldBe("Transaction");
        (await ReadTypeAsync(new GraphQLClient(venue.Host, TestKeys.Token("owner-of-another")), id)).ShouldBe("Venue");
        (await ReadTypeAsync(venue.Moderator, id)).ShouldBe("Venue");
        (await venue.Owner.GetDataAsync($"{{ venue(id: \"bar\") {{ transaction(id: \"{id}\") {{ id }} }} }}"))
            .At("venue.transaction.id")
            .GetString()
            .ShouldBe(id);
    }

    [Fact]
    public async Task Introspection_names_the_interface_and_its_types()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var schema = await venue.Owner.GetDataAsync(
            """
            { node: __type(name: "Node") { kind fields { name type { kind ofType { name } } } possibleTypes { name } }
              venue: __type(name: "Venue") { interfaces { name } } refund: __type(name: "Refund") { interfaces { name } } }
            """
        );

        schema.At("node.kind").GetString().ShouldBe("INTERFACE");
        schema.At("node.fields").ToString().ShouldBe("""[{"name":"id","type":{"kind":"NON_NULL","ofType":{"name":"ID"}}}]""");
        schema.At("node.possibleTypes").EnumerateArray().Select(t => t.At("name").GetString()).Order().ShouldBe(NodeTypes);
        schema.At("venue.interfaces").ToString().ShouldBe("""[{"name":"Node"}]""");
        schema.At("refund.interfaces").ToString().ShouldBe("[]");
    }

    [Fact]
    public async Task Members_are_found_by_their_index()
    {
        await using var venue = await CreateVenueAsync(postgres);
        (
            await venue.SqlAsync<string>(
                """
                set enable_seqscan = off;
                explain (format json) select * from rules.members
                where rules.member_id(venue_id, user_id) = any(array['00000000-0000-0000-0000-000000000000'::uuid])
                """
            )
        ).ShouldContain("ix_members_id");
    }

    [Fact]
    public async Task Many_nodes_of_one_request_are_read_together()
    {
        await using var venue = await CreateVenueAsync(postgres);
        foreach (var i in Enumerable.Range(0, 20))
            await venue.PostWebhookAsync(venue.PaymentEvent($"p{i}"));
        var ids = (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { transactions { nodes { id } } } }"))
            .At("venue.transactions.nodes")
            .EnumerateArray()
            .Select(n => n.At("id").GetString()!)
            .ToArray();
        string[] Statements() => [.. venue.Host.Log.Lines.Where(l => l.Contains("FROM ingestion.transactions", StringComparison.Ordinal))];
        var before = Statements().Length;

        var nodes = await venue.Owner.GetDataAsync(
            "{ " + string.Join(' ', ids.Select((id, i) => $"n{i}: node(id: \"{id}\") {{ id }}")) + " }"
        );

        nodes.EnumerateObject().Select(n => n.Value.At("id").GetString()).ShouldBe(ids);
        Statements()[before..].ShouldHaveSingleItem();
    }
}
