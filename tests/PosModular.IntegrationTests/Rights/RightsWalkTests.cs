using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rights;

/// <summary>
/// Follows every path through the schema to every protected type, as every kind of caller, and compares what is at its end with the table
/// of rights (docs/rights.md). A new type of the schema must be added here first.
/// </summary>
public sealed class RightsWalkTests(TestPostgres postgres)
{
    /// <summary>Who may see the objects of a type.</summary>
    private enum Readers
    {
        /// <summary>Owners of the venue and HEAD_MODERATOR.</summary>
        VenueStaff,

        /// <summary>Owners of the venue.</summary>
        Owners,

        /// <summary>Owners of the venue, and the user whom the object is about.</summary>
        OwnersAndUser,

        /// <summary>The user whom the object is about.</summary>
        User,
    }

    private static readonly Dictionary<string, Readers> ProtectedTypes = new()
    {
        ["Venue"] = Readers.VenueStaff,
        ["PosConnection"] = Readers.VenueStaff,
        ["WebhookSettings"] = Readers.VenueStaff,
        ["WebhookTest"] = Readers.VenueStaff,
        ["SyncSettings"] = Readers.VenueStaff,
        ["SyncError"] = Readers.VenueStaff,
        ["SyncRun"] = Readers.VenueStaff,
        ["WebhookEvent"] = Readers.VenueStaff,
        ["AuditEntry"] = Readers.VenueStaff,
        ["Alert"] = Readers.VenueStaff,
        ["WebhookEndpoint"] = Readers.Owners,
        ["Delivery"] = Readers.Owners,
        ["SpendRule"] = Readers.VenueStaff,
        ["LiveWindow"] = Readers.VenueStaff,
        ["RuleApplication"] = Readers.VenueStaff,
        ["RuleSimulation"] = Readers.Owners,
        ["SimulatedUnlock"] = Readers.Owners,
        ["LiveSession"] = Readers.VenueStaff,
        ["Transaction"] = Readers.Owners,
        ["Evaluation"] = Readers.Owners,
        ["RuleExplanation"] = Readers.Owners,
        ["NextTier"] = Readers.Owners,
        ["Card"] = Readers.Owners,
        ["Refund"] = Readers.Owners,
        ["TransactionVersion"] = Readers.Owners,
        ["MatchRate"] = Readers.Owners,
        ["UnmatchedReason"] = Readers.Owners,
        ["TransactionTotals"] = Readers.Owners,
        ["Reconciliation"] = Readers.VenueStaff,
        ["ReconciledConnection"] = Readers.Owners,
        ["ReconciledSums"] = Readers.Owners,
        ["ReconciledPayment"] = Readers.Owners,
        ["Revenue"] = Readers.Owners,
        ["PortfolioRevenue"] = Readers.Owners,
        ["RevenuePoint"] = Readers.Owners,
        ["BusyHour"] = Readers.Owners,
        ["RevenueSlice"] = Readers.Owners,
        ["TierCount"] = Readers.Owners,
        ["TopSpender"] = Readers.Owners,
        ["Member"] = Readers.OwnersAndUser,
        ["Unlock"] = Readers.OwnersAndUser,
        ["Identity"] = Readers.OwnersAndUser,
        ["TierChange"] = Readers.OwnersAndUser,
        ["Membership"] = Readers.User,
        ["Viewer"] = Readers.User,
    };

    /// <summary>Types that only a subscription returns. RightsMatrixTests shows who receives them.</summary>
    private static readonly string[] LiveOnly = ["MembershipChange"];

    /// <summary>Types that say nothing by themselves. Their parents are walked.</summary>
    private static readonly string[] Values = ["Money", "PageInfo", "RuleCondition", "UserError"];

    private static bool IsContainer(string type) =>
        type.EndsWith("Connection", StringComparison.Ordinal) && type is not ("PosConnection" or "ReconciledConnection")
        || type.EndsWith("Edge", StringComparison.Ordinal)
        || type.EndsWith("Payload", StringComparison.Ordinal);

    private static readonly Dictionary<string, string> Arguments = new()
    {
        ["Query.venue"] = "(id: \"bar\")",
        ["Query.portfolioRevenue"] = "(period: ALL)",
        ["Venue.member"] = "(userId: \"guest\")",
        ["Venue.revenue"] = "(period: ALL)",
        ["Venue.simulateSpendRule"] = "(rule: { venueId: \"bar\", name: \"x\", threshold: 0.5, unlocksTier: REGULAR })",
        ["Venue.matchRate"] = "(period: ALL)",
        ["Venue.topSpenders"] = "(period: ALL)",
        ["Venue.reconciliation"] = "(businessDate: \"2020-01-02\")",
        ["Venue.reconciliations"] = "(from: \"2020-01-01\", to: \"2020-01-03\")",
        ["Venue.busiestHours"] = "(from: \"2026-11-19\", to: \"2026-11-21\")",
        ["Venue.revenueSeries"] = "(from: \"2026-11-19\", to: \"2026-11-21\", by: DAY)",
    };

    /// <summary>Mutations that can be called again and again, with their inputs. The others return the same types.</summary>
    private static readonly Dictionary<string, string> RepeatableMutations = new()
    {
        ["updateVenue"] = "{ venueId: \"bar\", name: \"bar\" }",
        ["updatePosConnection"] = "{ connectionId: \"CONNECTION\", syncIntervalSeconds: 900 }",
        ["syncTransactions"] = "{ venueId: \"bar\" }",
        ["reconcileDay"] = "{ venueId: \"bar\", businessDate: \"2020-01-02\" }",
        ["linkCard"] = "{ venueId: \"bar\", userId: \"other-guest\", cardToken: \"CARD\" }",
        ["assignTransaction"] = "{ venueId: \"bar\", transactionId: \"TRANSACTION\", userId: \"guest\" }",
        ["toggleSpendRule"] = "{ ruleId: \"RULE\", enabled: true }",
        ["endLiveSession"] = "{ sessionId: \"SESSION\" }",
        ["updateWebhookEndpoint"] = "{ endpointId: \"ENDPOINT\" }",
    };

    /// <summary>Paths at whose end nothing can be in this test: no test event, no alert, no error, no unrouted event, no simulated
    /// unlock.</summary>
    private static bool IsEmpty(SchemaPath path) =>
        path.Steps.Any(s =>
            s.Name is "WebhookSettings.lastTest" or "Venue.alerts" or "SyncSettings.recentErrors" or "Query.unroutedWebhookEvents"
        )
        // Nobody has met the rule of the next tier.
        || path.Steps.Any(s => s.Name == "NextTier.rule") && path.Type == "SimulatedUnlock";

    private static bool MayRead(string caller, string type, JsonElement found) =>
        ProtectedTypes[type] switch
        {
            Readers.VenueStaff => caller is "owner" or "moderator",
            Readers.Owners => caller == "owner",
            Readers.OwnersAndUser => caller == "owner" || IsAbout(caller, found),
            _ => IsAbout(caller, found),
        };

    // A type without a user id stands below a member, which is checked on its own path.
    private static bool IsAbout(string caller, JsonElement found) =>
        !found.TryGetProperty("userId", out var userId) || userId.GetString() == caller;

    [Fact]
    public async Task Every_path_through_the_schema_shows_each_caller_only_what_their_rights_allow()
    {
        await using var venue = await CreateVenueAsync();
        var graph = await SchemaGraph.ReadAsync(venue.Owner);
        graph.ObjectTypes.Where(t => !IsContainer(t)).ShouldBe(ProtectedTypes.Keys.Concat(Values).Concat(LiveOnly), ignoreOrder: true);
        var ids = await ReadIdsAsync(venue);
        var paths = graph.PathsFrom("Query").Where(p => ProtectedTypes.ContainsKey(p.Type)).ToArray();
        paths.Select(p => p.Type).Distinct().ShouldBe(ProtectedTypes.Keys, ignoreOrder: true);
        paths.Select(p => p.ToString()).ShouldContain("viewer.memberships.member.unlocks.rule");
        paths.Select(p => p.ToString()).ShouldContain("node<Member>.unlocks.rule");

        foreach (var (caller, client) in CallersOf(venue))
            await ShouldShowWhatRightsAllowAsync(graph, paths, caller, client, path =>
                $"{{ {path.ToSelection(step => FieldArgumentsOf(step, ids), Leaf(graph, path))} }}"
            );
    }

    [Fact]
    public async Task Every_path_through_the_payload_of_a_mutation_shows_each_caller_only_what_their_rights_allow()
    {
        await using var venue = await CreateVenueAsync();
        var graph = await SchemaGraph.ReadAsync(venue.Owner);
        var ids = await ReadIdsAsync(venue);
        ids["Card"] = await venue.SqlAsync<string>(
            "select card_token from ingestion.transactions where external_id = 'first-of-other-guest'"
        );
        ids["Endpoint"] = (await venue.SqlAsync<Guid>("select id from integrations.webhook_endpoints")).ToString();
        ids["Session"] = (await venue.SqlAsync<Guid>("select id from rules.live_sessions")).ToString();
        var all = graph.PathsFrom("Mutation").Where(p => ProtectedTypes.ContainsKey(p.Type)).ToArray();
        var paths = all.Where(p => RepeatableMutations.ContainsKey(p.Steps[0].Field)).ToArray();
        all.Where(p => p.Steps.Count == 2).Select(p => p.Type).Distinct().ShouldBeSubsetOf(paths.Select(p => p.Type));

        string ArgumentsOf(SchemaStep step) =>
            step.Owner != "Mutation"
                ? FieldArgumentsOf(step, ids)
                : "(input: "
                    + RepeatableMutations[step.Field]
                        .Replace("CONNECTION", ids["PosConnection"], StringComparison.Ordinal)
                        .Replace("TRANSACTION", ids["Transaction"], StringComparison.Ordinal)
                        .Replace("RULE", ids["SpendRule"], StringComparison.Ordinal)
                        .Replace("SESSION", ids["Session"], StringComparison.Ordinal)
                        .Replace("ENDPOINT", ids["Endpoint"], StringComparison.Ordinal)
                        .Replace("CARD", ids["Card"], StringComparison.Ordinal)
                    + ")";
        // A card must be unlinked before linking it changes a transaction again.
        string OperationOf(SchemaPath path) =>
            "mutation { "
            + (
                path.Steps[0].Field == "linkCard"
                    ? $"unlinkCard(input: {{ venueId: \"bar\", cardToken: \"{ids["Card"]}\" }}) {{ matchedTransactions }} "
                    : ""
            )
            + path.ToSelection(ArgumentsOf, Leaf(graph, path))
            + " }";

        (string, GraphQLClient)[] callers =
        [
            ("owner", new GraphQLClient(venue.Host, TestKeys.Token(TestVenue.OwnerId, "HEAD_MODERATOR"))),
            ("moderator", venue.Moderator),
            ("guest", new GraphQLClient(venue.Host, TestKeys.Token("guest"))),
        ];
        foreach (var (caller, client) in callers)
            await ShouldShowWhatRightsAllowAsync(graph, paths, caller, client, OperationOf);
    }

    private static string FieldArgumentsOf(SchemaStep step, Dictionary<string, string> ids) =>
        step.Name == "Member.explain" ? $"(ruleId: \"{ids["SpendRule"]}\")"
        : step.Name is "Query.node" or "Venue.spendRule" or "Venue.transaction" or "Venue.webhookEvent" ? $"(id: \"{ids[step.Type]}\")"
        : Arguments.GetValueOrDefault(step.Name, "");

    private static string Leaf(SchemaGraph graph, SchemaPath path) =>
        "__typename" + (graph.HasField(path.Type, "userId") && path.Type is not "AuditEntry" ? " userId" : "");

    private static async Task ShouldShowWhatRightsAllowAsync(
        SchemaGraph graph,
        IReadOnlyList<SchemaPath> paths,
        string caller,
        GraphQLClient client,
        Func<SchemaPath, string> operation
    )
    {
        // Where a caller finds nothing, no longer path leads to anything either.
        var empty = new HashSet<string>();
        foreach (var path in paths)
        {
            if (caller == "owner-of-another" && path.Steps[0].Field is "venues" or "portfolioRevenue")
                continue; // these are the caller's own
            if (path.Beginnings().Any(empty.Contains))
                continue;
            var response = await client.ExecuteAsync(operation(path));
            if (response.TryGetProperty("errors", out var errors))
                errors[0].At("extensions.code").GetString().ShouldBe("FORBIDDEN", $"{caller} {path}: {response}");
            var found =
                response.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object ? path.Find(data).ToArray() : [];
            foreach (var item in found)
                MayRead(caller, path.Type, item).ShouldBeTrue($"{caller} reads {path}: {item}");
            if (found.Length == 0)
                empty.Add(path.ToString());
            // A walk that finds nothing would prove nothing.
            if (caller == "owner" && !IsEmpty(path))
                found.ShouldNotBeEmpty($"{caller} {path}: {response}");
        }
    }

    private static (string Name, GraphQLClient Client)[] CallersOf(TestVenue venue) =>
        [
            ("owner", venue.Owner),
            ("moderator", venue.Moderator),
            .. new[] { "guest", "other-guest", "owner-of-another", "stranger" }.Select(c =>
                (c, new GraphQLClient(venue.Host, TestKeys.Token(c)))
            ),
        ];

    /// <summary>A venue with an object of every protected type. The owner is a member too, so that all paths lead to something.</summary>
    private async Task<TestVenue> CreateVenueAsync()
    {
        var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.RegisterVenueAsync("other", "owner-of-another");
        await venue.Owner.GetDataAsync(
            """
            mutation {
              createSpendRule(input: { venueId: "bar", name: "Rule", threshold: 0.5, unlocksTier: REGULAR, liveOnly: true,
                applyToExisting: true, liveWindow: { start: "00:00", end: "00:00" } }) { rule { id } errors { message } }
              next: createSpendRule(input: { venueId: "bar", name: "Next", threshold: 900, unlocksTier: WHALE, liveOnly: true,
                applyToExisting: true, liveWindow: { start: "00:00", end: "00:00" } }) { rule { id } errors { message } }
              startLiveSession(input: { venueId: "bar", performerId: "p", startedAt: "2026-11-20T20:00:00Z" }) { session { id } }
              syncTransactions(input: { venueId: "bar" }) { runs { id } }
              createWebhookEndpoint(input: { venueId: "bar", url: "https://example.test", types: ["membership.unlocked"] }) {
                endpoint { id } } }
            """
        );
        foreach (var user in new[] { "guest", "other-guest", "owner" })
            await venue.LinkCardAsync(user, "card-of-" + user);
        foreach (var user in new[] { "guest", "other-guest", "owner" })
            await venue.PostWebhookAsync(venue.RefundEvent("refund-of-" + user, "first-of-" + user, amount: 10));
        await venue.PostWebhookAsync(venue.PaymentEvent("unmatched"));
        await venue.SqlAsync<int>(
            $"""
            insert into analytics.reconciliations (venue_id, business_date, connection_id, id, state, reason_code, faults, updated_at)
            values ('bar', '2020-01-02', '{venue.ConnectionId}', gen_random_uuid(), 5, 'Conflict', 0, now());
            insert into analytics.reconciled_sums
            values ('bar', '2020-01-02', '{venue.ConnectionId}', 'USD', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
            insert into analytics.reconciliation_differences (venue_id, business_date, connection_id, external_id, is_refund, our_currency,
              our_minor, their_currency, their_minor, kind, repaired, detail)
            values ('bar', '2020-01-02', '{venue.ConnectionId}', 'p', false, 'USD', 1, 'USD', 2, 3, false, '')
            """
        );
        await venue.Host.WhenIdleAsync();
        return venue;
    }

    private static async Task<Dictionary<string, string>> ReadIdsAsync(TestVenue venue)
    {
        var data = (
            await venue.Owner.GetDataAsync(
                """
                { venue(id: "bar") { webhookEvents(first: 1) { nodes { id } }
                    member(userId: "guest") { id unlocks { transactionId } } spendRules { id }
                    posConnections { id syncRuns { nodes { id } } } } }
                """
            )
        ).GetProperty("venue");
        return new Dictionary<string, string>
        {
            ["Venue"] = "bar",
            ["Member"] = data.At("member.id").GetString()!,
            ["PosConnection"] = data.At("posConnections.0.id").GetString()!,
            ["WebhookEvent"] = data.At("webhookEvents.nodes.0.id").GetString()!,
            ["SyncRun"] = data.At("posConnections.0.syncRuns.nodes.0.id").GetString()!,
            ["SpendRule"] = data.At("spendRules.0.id").GetString()!,
            ["Transaction"] = data.At("member.unlocks.0.transactionId").GetString()!,
        };
    }
}
