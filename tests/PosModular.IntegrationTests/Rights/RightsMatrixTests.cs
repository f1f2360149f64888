using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rights;

/// <summary>
/// Calls every field and mutation of the schema as every kind of caller and compares the outcome with the table of rights
/// (docs/rights.md). A new field of the schema must be added to the table first.
/// </summary>
public sealed class RightsMatrixTests(TestPostgres postgres)
{
    private enum Right
    {
        AnyUser,
        ViewVenue,
        ViewTransactions,
        ManageConnections,
        Sync,
        ManageMembers,
    }

    private enum Caller
    {
        Anonymous,
        Stranger,
        OwnerOfAnother,
        Owner,
        Moderator,
    }

    private static bool IsAllowed(Caller caller, Right right) =>
        (caller, right) switch
        {
            (Caller.Anonymous, _) => false,
            (_, Right.AnyUser) => true,
            (Caller.Owner, Right.ViewVenue or Right.ViewTransactions or Right.Sync or Right.ManageMembers) => true,
            (Caller.Moderator, Right.ViewVenue or Right.ManageConnections or Right.Sync or Right.ManageMembers) => true,
            _ => false,
        };

    private const string UnknownId = "00000000-0000-7000-8000-000000000000";

    private static readonly Dictionary<string, (Right Right, string Arguments)> Venue = new()
    {
        ["id"] = (Right.ViewVenue, ""),
        ["name"] = (Right.ViewVenue, ""),
        ["timeZone"] = (Right.ViewVenue, ""),
        ["currency"] = (Right.ViewVenue, ""),
        ["dayCutoff"] = (Right.ViewVenue, ""),
        ["rulesCountFrom"] = (Right.ViewVenue, ""),
        ["unlockPolicy"] = (Right.ViewVenue, ""),
        ["ownerUserIds"] = (Right.ViewVenue, ""),
        ["today"] = (Right.ViewVenue, ""),
        ["alerts"] = (Right.ViewVenue, ""),
        ["feedCursor"] = (Right.ViewTransactions, ""),
        ["posConnections"] = (Right.ViewVenue, ""),
        ["auditLog"] = (Right.ViewVenue, ""),
        ["webhookEvents"] = (Right.ViewVenue, ""),
        ["webhookEndpoints"] = (Right.ViewTransactions, ""),
        ["webhookEvent"] = (Right.ViewVenue, $"(id: \"{UnknownId}\")"),
        ["spendRules"] = (Right.ViewVenue, ""),
        ["spendRule"] = (Right.ViewVenue, $"(id: \"{UnknownId}\")"),
        ["liveSessions"] = (Right.ViewVenue, ""),
        ["simulateSpendRule"] = (Right.ViewTransactions, "(rule: { venueId: \"bar\", name: \"x\", threshold: 1, unlocksTier: REGULAR })"),
        ["transactions"] = (Right.ViewTransactions, ""),
        ["transaction"] = (Right.ViewTransactions, $"(id: \"{UnknownId}\")"),
        ["matchRate"] = (Right.ViewTransactions, "(period: ALL)"),
        ["member"] = (Right.ViewTransactions, "(userId: \"x\")"),
        ["members"] = (Right.ViewTransactions, ""),
        ["tierCounts"] = (Right.ViewTransactions, ""),
        ["topSpenders"] = (Right.ViewTransactions, "(period: ALL)"),
        ["revenue"] = (Right.ViewTransactions, "(period: ALL)"),
        ["reconciliation"] = (Right.ViewVenue, "(businessDate: \"2026-11-01\")"),
        ["reconciliations"] = (Right.ViewVenue, "(from: \"2026-11-01\", to: \"2026-11-02\")"),
        ["busiestHours"] = (Right.ViewTransactions, "(from: \"2026-11-01\", to: \"2026-11-02\")"),
        ["revenueSeries"] = (Right.ViewTransactions, "(from: \"2026-11-01\", to: \"2026-11-02\", by: DAY)"),
    };

    private static readonly Dictionary<string, Right> Query = new()
    {
        ["viewer"] = Right.AnyUser,
        ["venue"] = Right.AnyUser, // null for a caller without rights
        ["node"] = Right.AnyUser, // null for a caller without rights; NodeTests has the rights of each type
        ["venues"] = Right.AnyUser, // the caller's own venues
        ["portfolioRevenue"] = Right.AnyUser, // of the caller's own venues
        ["unroutedWebhookEvents"] = Right.ManageConnections,
    };

    private static readonly Dictionary<string, string> QueryArguments = new()
    {
        ["venue"] = "(id: \"bar\")",
        ["node"] = "(id: \"bar\")",
        ["portfolioRevenue"] = "(period: ALL)",
    };

    private static readonly Dictionary<string, (Right Right, string Input)> Mutations = new()
    {
        ["registerVenue"] = (Right.ManageConnections, "{ name: \"\", timeZone: \"UTC\", currency: \"EUR\", ownerUserIds: [] }"),
        ["updateVenue"] = (Right.ManageConnections, "{ venueId: \"bar\", timeZone: \"Mars\" }"),
        ["validatePosCredentials"] = (Right.ManageConnections, "{ provider: SQUARE, environment: SANDBOX, locationId: \"\" }"),
        ["connectPos"] = (
            Right.ManageConnections,
            "{ venueId: \"bar\", credentials: { provider: SQUARE, environment: SANDBOX, locationId: \"\" } }"
        ),
        ["updatePosConnection"] = (Right.ManageConnections, $"{{ connectionId: \"{UnknownId}\" }}"),
        ["rotateWebhookKey"] = (Right.ManageConnections, $"{{ connectionId: \"{UnknownId}\" }}"),
        ["testWebhook"] = (Right.ManageConnections, $"{{ connectionId: \"{UnknownId}\" }}"),
        ["disconnectPos"] = (Right.ManageConnections, $"{{ connectionId: \"{UnknownId}\" }}"),
        ["replayWebhookEvents"] = (Right.ManageConnections, $"{{ venueId: \"bar\", eventIds: [\"{UnknownId}\"] }}"),
        ["syncTransactions"] = (Right.Sync, $"{{ venueId: \"bar\", connectionId: \"{UnknownId}\" }}"),
        ["reconcileDay"] = (Right.Sync, $"{{ venueId: \"bar\", businessDate: \"2020-01-02\", connectionId: \"{UnknownId}\" }}"),
        ["linkCard"] = (Right.ManageMembers, "{ venueId: \"bar\", userId: \"u\", cardToken: \"none\" }"),
        ["unlinkCard"] = (Right.ManageMembers, "{ venueId: \"bar\", cardToken: \"\" }"),
        ["linkIdentity"] = (Right.ManageMembers, $"{{ venueId: \"bar\", userId: \"u\", transactionId: \"{UnknownId}\", kind: CARD }}"),
        ["createClaimCode"] = (Right.ManageMembers, $"{{ venueId: \"bar\", transactionId: \"{UnknownId}\" }}"),
        ["claimTransaction"] = (Right.AnyUser, "{ code: \"none\" }"),
        ["forgetMember"] = (Right.ManageMembers, "{ venueId: \"bar\", userId: \"\" }"),
        ["mergeMembers"] = (Right.ManageMembers, "{ venueId: \"bar\", fromUserId: \"u\", intoUserId: \"u\" }"),
        ["rebuildVenue"] = (Right.ManageMembers, "{ venueId: \"bar\", dryRun: true }"),
        ["unlinkIdentity"] = (Right.ManageMembers, "{ identityId: \"IDENTITY\" }"),
        ["assignTransaction"] = (Right.ManageMembers, $"{{ venueId: \"bar\", transactionId: \"{UnknownId}\", userId: \"u\" }}"),
        ["createSpendRule"] = (Right.ManageMembers, "{ venueId: \"bar\", name: \"\", threshold: 1, unlocksTier: REGULAR }"),
        ["updateSpendRule"] = (Right.ManageMembers, "{ ruleId: \"RULE\", name: \"\" }"),
        ["toggleSpendRule"] = (Right.ManageMembers, "{ ruleId: \"RULE\", enabled: true }"),
        ["deleteSpendRule"] = (Right.ManageMembers, "{ ruleId: \"RULE\" }"),
        ["createWebhookEndpoint"] = (Right.ViewTransactions, "{ venueId: \"bar\", url: \"\", types: [] }"),
        ["updateWebhookEndpoint"] = (Right.ViewTransactions, "{ endpointId: \"ENDPOINT\", enabled: false }"),
        ["rotateWebhookEndpointSecret"] = (Right.ViewTransactions, "{ endpointId: \"ENDPOINT\" }"),
        ["testWebhookEndpoint"] = (Right.ViewTransactions, "{ endpointId: \"ENDPOINT\" }"),
        ["redeliver"] = (Right.ViewTransactions, "{ endpointId: \"ENDPOINT\" }"),
        ["deleteWebhookEndpoint"] = (Right.ViewTransactions, "{ endpointId: \"ENDPOINT\" }"),
        ["applySpendRule"] = (Right.ManageMembers, "{ ruleId: \"RULE\" }"),
        ["grantTier"] = (Right.ManageMembers, "{ venueId: \"bar\", userId: \"u\", tier: REGULAR, reason: \"r\" }"),
        ["revokeUnlock"] = (Right.ManageMembers, "{ unlockId: \"UNLOCK\", reason: \"r\" }"),
        ["startLiveSession"] = (Right.ManageMembers, "{ venueId: \"bar\", performerId: \"\" }"),
        ["endLiveSession"] = (Right.ManageMembers, "{ sessionId: \"SESSION\", endedAt: \"2001-01-01T00:00:00Z\" }"),
        ["updateLiveSession"] = (Right.ManageMembers, "{ sessionId: \"SESSION\", endedAt: \"2001-01-01T00:00:00Z\" }"),
    };

    /// <summary>Mutations that name an object of the venue by id: callers without rights get NOT_FOUND.</summary>
    private static readonly string[] AddressedById =
    [
        "updateSpendRule",
        "toggleSpendRule",
        "deleteSpendRule",
        "applySpendRule",
        "revokeUnlock",
        "endLiveSession",
        "updateLiveSession",
        "unlinkIdentity",
        "updateWebhookEndpoint",
        "rotateWebhookEndpointSecret",
        "testWebhookEndpoint",
        "redeliver",
        "deleteWebhookEndpoint",
    ];

    private static readonly Dictionary<string, (Right Right, string Feed)> Subscriptions = new()
    {
        ["transactionAdded"] = (Right.ViewTransactions, "ingestion"),
        ["transactionChanged"] = (Right.ViewTransactions, "ingestion"),
        ["tierUnlocked"] = (Right.ViewTransactions, "rules"),
        ["membershipChanged"] = (Right.ViewTransactions, "rules"), // with one's own userId for every user: MembershipChangedTests
        ["revenueChanged"] = (Right.ViewTransactions, "progress:analytics"),
        ["reconciliationChanged"] = (Right.ViewVenue, "analytics.reconciliations"),
        ["connectionChanged"] = (Right.ViewVenue, "integrations.connections"),
        ["alertRaised"] = (Right.ViewVenue, "integrations.alerts"),
        ["syncProgressed"] = (Right.ViewVenue, "ingestion.syncs"),
    };

    [Fact]
    public async Task Every_field_and_mutation_follows_the_rights_of_each_caller()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        await venue.RegisterVenueAsync("other", "owner-of-another");
        var rule = (
            await venue.Owner.GetDataAsync(
                "mutation { createSpendRule(input: { venueId: \"bar\", name: \"Rule\", threshold: 50, unlocksTier: REGULAR }) { "
                    + "rule { id } } }"
            )
        )
            .At("createSpendRule.rule.id")
            .GetString()!;
        var session = (
            await venue.Owner.GetDataAsync(
                "mutation { startLiveSession(input: { venueId: \"bar\", performerId: \"p\" }) { session { id } } }"
            )
        )
            .At("startLiveSession.session.id")
            .GetString()!;
        await venue.LinkCardAsync("guest", "card");
        var identity = await venue.SqlAsync<Guid>("select id from ingestion.identity_links");
        var unlock = (
            await venue.Owner.GetDataAsync(
                "mutation { grantTier(input: { venueId: \"bar\", userId: \"guest\", tier: REGULAR, reason: \"r\" }) { "
                    + "member { unlocks { id } } } }"
            )
        )
            .At("grantTier.member.unlocks.0.id")
            .GetString()!;
        // Nothing that this test does is sent to the endpoint, so that no delivery changes the database meanwhile.
        var endpoint = (
            await venue.Owner.GetDataAsync(
                "mutation { createWebhookEndpoint(input: { venueId: \"bar\", url: \"https://example.test\", "
                    + "types: [\"connection.quiet\"] }) { endpoint { id } } }"
            )
        )
            .At("createWebhookEndpoint.endpoint.id")
            .GetString()!;
        var types = (
            await venue.Owner.GetDataAsync(
                "{ __schema { types { name fields { name type { kind ofType { kind ofType { kind ofType { kind } } } } } } } }"
            )
        )
            .At("__schema.types")
            .EnumerateArray()
            .Where(t => t.At("fields").ValueKind == JsonValueKind.Array)
            .ToDictionary(
                t => t.At("name").GetString()!,
                t => t.At("fields").EnumerateArray().ToDictionary(f => f.At("name").GetString()!, f => IsObject(f.At("type")))
            );

        types["Venue"].Keys.ShouldBe(Venue.Keys, ignoreOrder: true);
        types["Query"].Keys.ShouldBe(Query.Keys, ignoreOrder: true);
        types["Mutation"].Keys.ShouldBe(Mutations.Keys, ignoreOrder: true);
        types["Subscription"].Keys.ShouldBe(Subscriptions.Keys, ignoreOrder: true);

        // The refused calls come first, so that the database can be shown to be unchanged.
        await venue.Host.WhenIdleAsync();
        var before = await HashDatabaseAsync(venue);
        foreach (var allowed in new[] { false, true })
        {
            foreach (var caller in Enum.GetValues<Caller>())
            {
                var client = ClientOf(venue, caller);
                foreach (var (field, right) in Query.Where(q => IsAllowed(caller, q.Value) == allowed))
                    ShouldBeDecided(
                        await client.ExecuteAsync($"{{ {field}{QueryArguments.GetValueOrDefault(field)} {{ __typename }} }}"),
                        caller,
                        allowed,
                        field
                    );
                foreach (var (field, (right, arguments)) in Venue.Where(v => IsAllowed(caller, v.Value.Right) == allowed))
                {
                    var response = await client.ExecuteAsync(
                        $"{{ venue(id: \"bar\") {{ {field}{arguments}{(types["Venue"][field] ? " { __typename }" : "")} }} }}"
                    );
                    if (caller is Caller.Stranger or Caller.OwnerOfAnother)
                        response.At("data.venue").ValueKind.ShouldBe(JsonValueKind.Null, field); // as if the venue did not exist
                    else
                        ShouldBeDecided(response, caller, allowed, "venue." + field);
                }
                foreach (
                    var (field, (right, input)) in Mutations
                        .Where(m => IsAllowed(caller, m.Value.Right) == allowed)
                        .OrderBy(m => m.Key.StartsWith("delete", StringComparison.Ordinal))
                )
                {
                    var text = input
                        .Replace("RULE", rule, StringComparison.Ordinal)
                        .Replace("SESSION", session, StringComparison.Ordinal)
                        .Replace("IDENTITY", identity.ToString(), StringComparison.Ordinal)
                        .Replace("ENDPOINT", endpoint, StringComparison.Ordinal)
                        .Replace("UNLOCK", unlock, StringComparison.Ordinal);
                    var response = await client.ExecuteAsync($"mutation {{ {field}(input: {text}) {{ errors {{ code }} }} }}");
                    if (!allowed && caller != Caller.Anonymous && AddressedById.Contains(field))
                        response.At($"data.{field}.errors.0.code").GetString().ShouldBe("NOT_FOUND", $"{caller} {field}");
                    else
                        ShouldBeDecided(response, caller, allowed, field);
                }
                foreach (var (field, (right, feed)) in Subscriptions.Where(s => IsAllowed(caller, s.Value.Right) == allowed))
                    await ShouldDecideSubscriptionAsync(venue, client, caller, field, feed, allowed);
            }
            if (!allowed)
                (await HashDatabaseAsync(venue)).ShouldBe(before);
        }
        // The payload of a webhook event contains a transaction, so it is hidden from those who may only view the venue.
        (await venue.Moderator.GetErrorCodeAsync("{ venue(id: \"bar\") { webhookEvents { nodes { payload } } } }")).ShouldBe("FORBIDDEN");
        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { webhookEvents { nodes { payload } } } }"))
            .At("venue.webhookEvents.nodes.1.payload")
            .GetString()!
            .ShouldContain("p1");
    }

    private static GraphQLClient ClientOf(TestVenue venue, Caller caller) =>
        new(
            venue.Host,
            caller switch
            {
                Caller.Anonymous => null,
                Caller.Stranger => TestKeys.Token("stranger"),
                Caller.OwnerOfAnother => TestKeys.Token("owner-of-another"),
                Caller.Owner => venue.Owner.Token,
                _ => venue.Moderator.Token,
            }
        );

    private static void ShouldBeDecided(JsonElement response, Caller caller, bool allowed, string field)
    {
        var code = response.TryGetProperty("errors", out var errors)
            ? errors[0].GetProperty("extensions").GetProperty("code").GetString()
            : null;
        code.ShouldBe(
            allowed ? null
                : caller == Caller.Anonymous ? "UNAUTHENTICATED"
                : "FORBIDDEN",
            $"{caller} {field}: {response}"
        );
    }

    private static bool IsObject(JsonElement type) =>
        type.ValueKind == JsonValueKind.Object
        && (type.At("kind").GetString() == "OBJECT" || (type.TryGetProperty("ofType", out var inner) && IsObject(inner)));

    /// <summary>A refused stream contains the error and ends; an allowed one registers a listener on the host.</summary>
    private static async Task ShouldDecideSubscriptionAsync(
        TestVenue venue,
        GraphQLClient client,
        Caller caller,
        string field,
        string feed,
        bool allowed
    )
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Content = JsonContent.Create(new { query = $"subscription {{ {field}(venueId: \"bar\") {{ __typename }} }}" }),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (client.Token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", client.Token);
        var before = venue.Host.SubscriberCount(feed);
        var pendingResponse = venue.Host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation.Token);
        if (!allowed)
        {
            using var response = await pendingResponse;
            (await response.Content.ReadAsStringAsync(cancellation.Token)).ShouldContain(
                caller == Caller.Anonymous ? "UNAUTHENTICATED" : "FORBIDDEN",
                Case.Sensitive,
                $"{caller} {field}"
            );
            return;
        }
        await Wait.UntilAsync(() => venue.Host.SubscriberCount(feed) > before);
        await cancellation.CancelAsync();
        try
        {
            (await pendingResponse).Dispose();
        }
        catch (OperationCanceledException) { }
        await Wait.UntilAsync(() => venue.Host.SubscriberCount(feed) <= before);
    }

    private static Task<string> HashDatabaseAsync(TestVenue venue) =>
        venue.SqlAsync<string>(
            """
            select md5(string_agg(t, '|' order by t)) from (
              select v::text t from integrations.venues v
              union all select (c.id, c.disconnected_at, c.signature_key, c.sync_enabled, c.webhook_enabled)::text
                from integrations.pos_connections c
              union all select a::text from integrations.audit_log a
              union all select e::text from integrations.webhook_endpoints e
              union all select d.id::text from integrations.webhook_deliveries d
              union all select r::text from rules.spend_rules r
              union all select s::text from rules.live_sessions s
              union all select l::text from ingestion.identity_links l
              union all select u::text from rules.unlocks u
              union all select x::text from ingestion.transactions x
              union all select y::text from ingestion.sync_runs y) all_of_it
            """
        );
}
