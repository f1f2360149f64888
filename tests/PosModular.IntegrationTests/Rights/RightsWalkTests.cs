using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rights;

/// <summary>Walks every field and mutation of the schema as everybody, and compares with the table of who may what (docs/rights.md). A field that is new in the schema
/// must be put into the table first.</summary>
public sealed class RightsWalkTests(TestPostgres postgres)
{
    private enum Row
    {
        AnyUser,
        SeeVenue,
        SeeSales,
        ManageTills,
        Sync,
        ManageMembers,
    }

    private enum Who
    {
        Anonymous,
        Stranger,
        OwnerOfAnother,
        Owner,
        Moderator,
    }

    private static bool May(Who who, Row row) =>
        (who, row) switch
        {
            (Who.Anonymous, _) => false,
            (_, Row.AnyUser) => true,
            (Who.Owner, Row.SeeVenue or Row.SeeSales or Row.Sync or Row.ManageMembers) => true,
            (Who.Moderator, Row.SeeVenue or Row.ManageTills or Row.Sync or Row.ManageMembers) => true,
            _ => false,
        };

    private const string Nobody = "00000000-0000-7000-8000-000000000000";

    private static readonly Dictionary<string, (Row Row, string Arguments)> Venue = new()
    {
        ["id"] = (Row.SeeVenue, ""),
        ["name"] = (Row.SeeVenue, ""),
        ["timeZone"] = (Row.SeeVenue, ""),
        ["currency"] = (Row.SeeVenue, ""),
        ["dayCutoff"] = (Row.SeeVenue, ""),
        ["rulesCountFrom"] = (Row.SeeVenue, ""),
        ["unlockPolicy"] = (Row.SeeVenue, ""),
        ["ownerUserIds"] = (Row.SeeVenue, ""),
        ["posConnections"] = (Row.SeeVenue, ""),
        ["auditLog"] = (Row.SeeVenue, ""),
        ["webhookEvents"] = (Row.SeeVenue, ""),
        ["spendRules"] = (Row.SeeVenue, ""),
        ["spendRule"] = (Row.SeeVenue, $"(id: \"{Nobody}\")"),
        ["liveSessions"] = (Row.SeeVenue, ""),
        ["transactions"] = (Row.SeeSales, ""),
        ["transaction"] = (Row.SeeSales, $"(id: \"{Nobody}\")"),
        ["matchRate"] = (Row.SeeSales, "(period: ALL)"),
        ["member"] = (Row.SeeSales, "(userId: \"x\")"),
        ["members"] = (Row.SeeSales, ""),
        ["revenue"] = (Row.SeeSales, "(period: ALL)"),
        ["revenueSeries"] = (Row.SeeSales, "(from: \"2026-11-01\", to: \"2026-11-02\", by: DAY)"),
    };

    private static readonly Dictionary<string, Row> Query = new()
    {
        ["viewer"] = Row.AnyUser,
        ["venue"] = Row.AnyUser, // null for a stranger
        ["venues"] = Row.AnyUser, // one's own
        ["unroutedWebhookEvents"] = Row.ManageTills,
    };

    private static readonly Dictionary<string, (Row Row, string Input)> Mutations = new()
    {
        ["registerVenue"] = (Row.ManageTills, "{ name: \"\", timeZone: \"UTC\", currency: \"EUR\", ownerUserIds: [] }"),
        ["updateVenue"] = (Row.ManageTills, "{ venueId: \"bar\", timeZone: \"Mars\" }"),
        ["validatePosCredentials"] = (Row.ManageTills, "{ provider: SQUARE, environment: SANDBOX, locationId: \"\" }"),
        ["connectPos"] = (
            Row.ManageTills,
            "{ venueId: \"bar\", credentials: { provider: SQUARE, environment: SANDBOX, locationId: \"\" } }"
        ),
        ["updatePosConnection"] = (Row.ManageTills, $"{{ connectionId: \"{Nobody}\" }}"),
        ["rotateWebhookKey"] = (Row.ManageTills, $"{{ connectionId: \"{Nobody}\" }}"),
        ["testWebhook"] = (Row.ManageTills, $"{{ connectionId: \"{Nobody}\" }}"),
        ["disconnectPos"] = (Row.ManageTills, $"{{ connectionId: \"{Nobody}\" }}"),
        ["replayWebhookEvents"] = (Row.ManageTills, $"{{ venueId: \"bar\", eventIds: [\"{Nobody}\"] }}"),
        ["syncTransactions"] = (Row.Sync, $"{{ venueId: \"bar\", connectionId: \"{Nobody}\" }}"),
        ["linkCard"] = (Row.ManageMembers, "{ venueId: \"bar\", userId: \"u\", cardToken: \"none\" }"),
        ["unlinkCard"] = (Row.ManageMembers, "{ venueId: \"bar\", cardToken: \"\" }"),
        ["assignTransaction"] = (Row.ManageMembers, $"{{ venueId: \"bar\", transactionId: \"{Nobody}\", userId: \"u\" }}"),
        ["createSpendRule"] = (Row.ManageMembers, "{ venueId: \"bar\", name: \"\", threshold: 1, unlocksTier: REGULAR }"),
        ["updateSpendRule"] = (Row.ManageMembers, "{ ruleId: \"RULE\", name: \"\" }"),
        ["toggleSpendRule"] = (Row.ManageMembers, "{ ruleId: \"RULE\", enabled: true }"),
        ["deleteSpendRule"] = (Row.ManageMembers, "{ ruleId: \"RULE\" }"),
        ["startLiveSession"] = (Row.ManageMembers, "{ venueId: \"bar\", performerId: \"\" }"),
        ["endLiveSession"] = (Row.ManageMembers, "{ sessionId: \"SESSION\", endedAt: \"2001-01-01T00:00:00Z\" }"),
    };

    /// <summary>Named by the id of a thing of the venue: who may not see the venue is told that there is none.</summary>
    private static readonly string[] ByThing = ["updateSpendRule", "toggleSpendRule", "deleteSpendRule", "endLiveSession"];

    private static readonly Dictionary<string, (Row Row, string Feed)> Subscriptions = new()
    {
        ["transactionAdded"] = (Row.SeeSales, "ingestion"),
        ["transactionChanged"] = (Row.SeeSales, "ingestion"),
        ["tierUnlocked"] = (Row.SeeSales, "rules"),
        ["syncProgressed"] = (Row.SeeVenue, "ingestion.syncs"),
    };

    [Fact]
    public async Task Every_field_and_mutation_as_everybody()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.PostAsync(bar.Event("p1"));
        await bar.RegisterAsync("other", "owner-of-another");
        var rule = (
            await bar.Owner.DataAsync(
                "mutation { createSpendRule(input: { venueId: \"bar\", name: \"Rule\", threshold: 50, unlocksTier: REGULAR }) { rule { id } } }"
            )
        )
            .At("createSpendRule.rule.id")
            .GetString()!;
        var session = (
            await bar.Owner.DataAsync("mutation { startLiveSession(input: { venueId: \"bar\", performerId: \"p\" }) { session { id } } }")
        )
            .At("startLiveSession.session.id")
            .GetString()!;
        var types = (
            await bar.Owner.DataAsync(
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

        // What is refused first, so that it can be shown to have touched nothing.
        var before = await DigestAsync(bar);
        foreach (var allowed in new[] { false, true })
        {
            foreach (var who in Enum.GetValues<Who>())
            {
                var client = ClientOf(bar, who);
                foreach (var (field, row) in Query.Where(q => May(who, q.Value) == allowed))
                    Verdict(
                        await client.AskAsync($"{{ {field}{(field == "venue" ? "(id: \"bar\")" : "")} {{ __typename }} }}"),
                        who,
                        allowed,
                        field
                    );
                foreach (var (field, (row, arguments)) in Venue.Where(v => May(who, v.Value.Row) == allowed))
                {
                    var answer = await client.AskAsync(
                        $"{{ venue(id: \"bar\") {{ {field}{arguments}{(types["Venue"][field] ? " { __typename }" : "")} }} }}"
                    );
                    if (who is Who.Stranger or Who.OwnerOfAnother)
                        answer.At("data.venue").ValueKind.ShouldBe(JsonValueKind.Null, field); // as if there were none
                    else
                        Verdict(answer, who, allowed, "venue." + field);
                }
                foreach (
                    var (field, (row, input)) in Mutations
                        .Where(m => May(who, m.Value.Row) == allowed)
                        .OrderBy(m => m.Key == "deleteSpendRule")
                )
                {
                    var text = input.Replace("RULE", rule, StringComparison.Ordinal).Replace("SESSION", session, StringComparison.Ordinal);
                    var answer = await client.AskAsync($"mutation {{ {field}(input: {text}) {{ errors {{ code }} }} }}");
                    if (!allowed && who != Who.Anonymous && ByThing.Contains(field))
                        answer.At($"data.{field}.errors.0.code").GetString().ShouldBe("NOT_FOUND", $"{who} {field}");
                    else
                        Verdict(answer, who, allowed, field);
                }
                foreach (var (field, (row, feed)) in Subscriptions.Where(s => May(who, s.Value.Row) == allowed))
                    await ListenAsync(bar, client, who, field, feed, allowed);
            }
            if (!allowed)
                (await DigestAsync(bar)).ShouldBe(before);
        }
        // The one part of something visible that is not: a sale's own words in an event.
        (await bar.Moderator.ErrorAsync("{ venue(id: \"bar\") { webhookEvents { nodes { payload } } } }")).ShouldBe("FORBIDDEN");
        (await bar.Owner.DataAsync("{ venue(id: \"bar\") { webhookEvents { nodes { payload } } } }"))
            .At("venue.webhookEvents.nodes.0.payload")
            .GetString()!
            .ShouldContain("p1");
    }

    private static Client ClientOf(Bar bar, Who who) =>
        new(
            bar.Host,
            who switch
            {
                Who.Anonymous => null,
                Who.Stranger => TestKeys.Token("stranger"),
                Who.OwnerOfAnother => TestKeys.Token("owner-of-another"),
                Who.Owner => bar.Owner.Token,
                _ => bar.Moderator.Token,
            }
        );

    private static void Verdict(JsonElement answer, Who who, bool allowed, string field)
    {
        var code = answer.TryGetProperty("errors", out var errors)
            ? errors[0].GetProperty("extensions").GetProperty("code").GetString()
            : null;
        code.ShouldBe(
            allowed ? null
                : who == Who.Anonymous ? "UNAUTHENTICATED"
                : "FORBIDDEN",
            $"{who} {field}: {answer}"
        );
    }

    private static bool IsObject(JsonElement type) =>
        type.ValueKind == JsonValueKind.Object
        && (type.At("kind").GetString() == "OBJECT" || (type.TryGetProperty("ofType", out var inner) && IsObject(inner)));

    /// <summary>Refused: the stream says so and ends. Allowed: somebody listens on the host from then on.</summary>
    private static async Task ListenAsync(Bar bar, Client client, Who who, string field, string feed, bool allowed)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Content = JsonContent.Create(new { query = $"subscription {{ {field}(venueId: \"bar\") {{ __typename }} }}" }),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (client.Token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", client.Token);
        var before = bar.Host.Listeners(feed);
        var asking = bar.Host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
        if (!allowed)
        {
            using var answer = await asking;
            (await answer.Content.ReadAsStringAsync(leave.Token)).ShouldContain(
                who == Who.Anonymous ? "UNAUTHENTICATED" : "FORBIDDEN",
                Case.Sensitive,
                $"{who} {field}"
            );
            return;
        }
        await Wait.UntilAsync(() => bar.Host.Listeners(feed) > before);
        await leave.CancelAsync();
        try
        {
            (await asking).Dispose();
        }
        catch (OperationCanceledException) { }
        await Wait.UntilAsync(() => bar.Host.Listeners(feed) <= before);
    }

    private static Task<string> DigestAsync(Bar bar) =>
        bar.SqlAsync<string>(
            """
            select md5(string_agg(t, '|' order by t)) from (
              select v::text t from integrations.venues v union all select (c.id, c.disconnected_at, c.signature_key, c.sync_enabled, c.webhook_enabled)::text from integrations.pos_connections c
              union all select a::text from integrations.audit_log a union all select r::text from rules.spend_rules r union all select s::text from rules.live_sessions s
              union all select l::text from ingestion.card_links l union all select x::text from ingestion.transactions x union all select y::text from ingestion.sync_runs y) all_of_it
            """
        );
}
